"""Send permits: never above a documented limit at the provider, at least 95 % of it used, first come first served."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creator_assets.ledger import rate_limits
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Granted
from creator_assets.ledger.storage.opening import open_database
from creator_assets.ledger.storage.rows import Count
from creator_assets.providers.contract.operations import Rate
from tests.ledger.scenery import CREDIT, LedgerDriver, ManualClock

JITTER_US = 250_000
SECOND_US = 1_000_000

DOCUMENTED = {
    "influData trial": (Rate(scope="a", permits=2, per_seconds=1), Rate(scope="a", permits=60, per_seconds=60)),
    "influData": (Rate(scope="a", permits=25, per_seconds=1), Rate(scope="a", permits=1000, per_seconds=60)),
    "Influtics": (Rate(scope="a", permits=20, per_seconds=60),),
    "influencers.club": (Rate(scope="a", permits=300, per_seconds=60),),
}


def over_limit(arrivals: list[tuple[float, int]], rate: Rate) -> int:
    """How many arrivals (at, weight) found more than is permitted in the window that ends with them."""
    over, first, weight = 0, 0, 0
    arrivals = sorted(arrivals)
    for at, taken in arrivals:
        weight += taken if rate.weighted else 1
        while arrivals[first][0] <= at - rate.per_seconds:
            weight -= arrivals[first][1] if rate.weighted else 1
            first += 1
        over += weight > rate.permits
    return over


class Permits:
    """Permits handed out by a real ledger database, in a time of the test's own."""

    def __init__(self, path: Path) -> None:
        self.ledger = Ledger.open(path, realm="test")
        self._database = self.ledger._database
        self._count = 0

    @contextlib.contextmanager
    def __call__(self) -> Iterator[Permits]:
        with self._database.write() as self._tx:
            yield self

    def take(self, rates: tuple[Rate, ...], now_us: int, weight: int = 1) -> int:
        self._count += 1
        return rate_limits.acquire(
            self._tx, rates, attempt_id=str(self._count), weight=weight, now_us=now_us, jitter_us=JITTER_US
        )

    def release(self) -> None:
        rate_limits.release(self._tx, str(self._count))


@pytest.fixture(scope="module")
def permits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Permits]:
    made = Permits(tmp_path_factory.mktemp("pace") / "ledger.sqlite")
    yield made
    made.ledger.close()


@pytest.fixture(autouse=True)
def fresh(request: pytest.FixtureRequest) -> None:
    if "permits" in request.fixturenames:
        clear(request.getfixturevalue("permits"))


def clear(permits: Permits) -> None:
    with permits._database.write() as tx:
        tx.execute("DELETE FROM rate_permit")
        tx.execute("DELETE FROM rate_limiter")


@pytest.mark.parametrize("rates", DOCUMENTED.values(), ids=DOCUMENTED.keys())
def test_the_documented_limits_are_kept_and_used(permits: Permits, rates: tuple[Rate, ...]) -> None:
    noise = random.Random(1)  # noqa: S311 - repeatable
    minutes = 5
    with permits() as open_permits:
        sent: list[int] = []
        while not sent or sent[-1] < minutes * 60 * SECOND_US:
            sent.append(open_permits.take(rates, now_us=sent[-1] if sent else 0))
    arrivals = [((at + noise.uniform(0, JITTER_US)) / SECOND_US, 1) for at in sent]
    assert [over_limit(arrivals, rate) for rate in rates] == [0] * len(rates)
    strictest = min(rate.permits / rate.per_seconds for rate in rates)
    # Windows that are complete: the first one starts with a full allowance, so that it would flatter the share.
    seconds = (sent[-1] - 60 * SECOND_US) / SECOND_US
    share = sum(1 for at in sent if at >= 60 * SECOND_US) / (strictest * seconds)
    assert 0.95 <= share <= 1.01, share


def test_a_thousand_videos_a_minute_are_counted_by_weight(permits: Permits) -> None:
    rates = (Rate(scope="v", permits=1000, per_seconds=60, weighted=True), Rate(scope="v", permits=20, per_seconds=60))
    noise = random.Random(2)  # noqa: S311 - repeatable
    calls: list[tuple[int, int]] = []
    with permits() as open_permits:
        while not calls or calls[-1][0] < 600 * SECOND_US:
            weight = noise.choice([1, 10, 100, 150, 200])
            calls.append((open_permits.take(rates, calls[-1][0] if calls else 0, weight), weight))
    arrivals = [((at + noise.uniform(0, JITTER_US)) / SECOND_US, weight) for at, weight in calls]
    assert [over_limit(arrivals, rate) for rate in rates] == [0, 0]
    used = sum(weight for at, weight in calls if at >= 60 * SECOND_US)
    assert used / (1000 * 9) > 0.85, "whole calls leave a little of a weighted limit unused"


weights = st.integers(1, 5)
steps = st.one_of(
    st.tuples(st.just("take"), weights),
    st.tuples(st.just("wait"), st.integers(0, 3 * SECOND_US)),
    st.tuples(st.just("give back"), weights),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=60), st.data())
def test_whatever_happens_no_window_holds_too_much(
    permits: Permits, todo: list[tuple[str, int]], data: st.DataObject
) -> None:
    clear(permits)
    rates = (
        Rate(scope="x", permits=3, per_seconds=1),
        Rate(scope="x", permits=5, per_seconds=4),
        Rate(scope="x", permits=8, per_seconds=3, weighted=True),
    )
    now_us, calls = 0, list[tuple[int, int]]()
    with permits() as open_permits:
        for what, amount in todo:
            if what == "wait":
                now_us += amount
            elif what == "take":
                sent = open_permits.take(rates, now_us, amount)
                assert not calls or sent >= calls[-1][0], "first come, first served"
                calls.append((sent, amount))
            elif calls:  # only the newest one: the test's own list stays simple
                open_permits.release()
                calls.pop()
    jitters = data.draw(st.lists(st.integers(0, JITTER_US), min_size=len(calls), max_size=len(calls)))
    arrivals = [((sent + late) / SECOND_US, weight) for (sent, weight), late in zip(calls, jitters, strict=True)]
    assert [over_limit(arrivals, rate) for rate in rates] == [0, 0, 0]


def test_a_released_permit_is_used_by_another_call(permits: Permits) -> None:
    rates = (Rate(scope="x", permits=2, per_seconds=60),)
    with permits() as open_permits:
        assert [open_permits.take(rates, 0), open_permits.take(rates, 0)] == [0, 0]
        open_permits.release()
        assert open_permits.take(rates, SECOND_US) == SECOND_US
        assert open_permits.take(rates, SECOND_US) > 60 * SECOND_US


def test_one_limit_does_not_hold_up_another(permits: Permits) -> None:
    with permits() as open_permits:
        for _ in range(3):
            open_permits.take((Rate(scope="x", permits=1, per_seconds=60),), 0)
        assert open_permits.take((Rate(scope="y", permits=1, per_seconds=60),), 5) == 5


def test_the_log_of_permits_stays_as_short_as_its_window(permits: Permits) -> None:
    rates = (Rate(scope="x", permits=20, per_seconds=1),)
    with permits() as open_permits:
        now_us = 0
        for _ in range(500):
            now_us = open_permits.take(rates, now_us)
    (kept,) = permits._database.query(Count, "SELECT COUNT(*) AS count FROM rate_permit")
    assert kept.count <= 2 * 20


def test_a_sender_sleeps_until_its_slot(desk: LedgerDriver, clock: ManualClock) -> None:
    rates = (Rate(scope="x", permits=1, per_seconds=60),)
    assert desk.ledger.await_permit(desk.granted("a", rates=rates))
    second = desk.granted("b", rates=rates)
    assert desk.ledger.await_permit(second)
    assert clock() == second.send_at
    assert 60 < sum(clock.slept) < 61


def test_who_wakes_up_too_late_swaps_the_slot_for_the_next(desk: LedgerDriver, clock: ManualClock) -> None:
    rates = (Rate(scope="x", permits=2, per_seconds=60),)
    late = desk.granted("a", rates=rates)
    clock.turn(seconds=5)
    assert not desk.ledger.await_permit(late)
    swapped = desk.ledger.postpone(late.attempt_id)
    assert isinstance(swapped, Granted)
    assert swapped.send_at == clock(), "the permit that was given back serves at once"
    assert desk.ledger.await_permit(swapped)


def test_a_429_pushes_everybody_back_even_those_with_a_slot(desk: LedgerDriver, clock: ManualClock) -> None:
    rates = (Rate(scope="x", permits=10, per_seconds=60),)
    waiting = desk.granted("a", rates=rates)
    desk.ledger.cool_down(rates, 30)
    assert not desk.ledger.await_permit(waiting)
    postponed = desk.ledger.postpone(waiting.attempt_id)
    assert isinstance(postponed, Granted)
    assert postponed.send_at is not None
    assert (postponed.send_at - clock()).total_seconds() == 30
    assert desk.granted("b", rates=rates).send_at == postponed.send_at
    desk.ledger.cool_down(rates, 10)
    assert desk.granted("c", rates=rates).send_at == postponed.send_at, "a shorter wait does not shorten a longer one"


SENDER = """
import socket, sys, time
from creator_assets.providers.contract.operations import Rate
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Granted
from tests.ledger.scenery import LedgerDriver, week
from datetime import timedelta
target, port, name, seconds, permits, per_seconds = sys.argv[1:]
ledger = Ledger.open(target, realm="test")
desk = LedgerDriver(ledger)
desk.window = week(start=ledger.now() - timedelta(days=1))
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
rates = (Rate(scope="x", permits=int(permits), per_seconds=float(per_seconds)),)
sys.stdin.readline()
stop, number = time.monotonic() + float(seconds), 0
while time.monotonic() < stop:
    number += 1
    permit = desk.ask(f"{name}-{number}", 0, rates=rates)
    while not ledger.await_permit(permit):
        permit = ledger.postpone(permit.attempt_id)
        assert isinstance(permit, Granted)
    if time.monotonic() > stop:
        break
    wire.sendto(name.encode(), ("127.0.0.1", int(port)))
"""


@pytest.mark.slow
def test_four_processes_share_one_limit_as_the_provider_sees_it(
    target: str | Path, report: Callable[[str], None]
) -> None:
    permits, per_seconds, seconds = 40, 10.0, 15.6  # few enough that a busy machine keeps up
    with Ledger.open(target, realm="test") as ledger:
        LedgerDriver(ledger).budget(CREDIT)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as provider:
        provider.bind(("127.0.0.1", 0))
        provider.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        # The kernel stamps arrivals: a busy reader does not blur them.
        stamp = getattr(socket, "SO_TIMESTAMPNS", 35)
        provider.setsockopt(socket.SOL_SOCKET, stamp, 1)
        command = [sys.executable, "-c", SENDER, str(target), str(provider.getsockname()[1])]
        limits = [str(seconds), str(permits), str(per_seconds)]
        with contextlib.ExitStack() as running:
            senders = [
                running.enter_context(subprocess.Popen([*command, name, *limits], stdin=subprocess.PIPE))
                for name in "abcd"
            ]
            time.sleep(2)  # let them all start
            for sender in senders:
                assert sender.stdin is not None
                sender.stdin.write(b"\n")
                sender.stdin.close()
        assert [sender.returncode for sender in senders] == [0, 0, 0, 0]
        arrivals, turns = list[tuple[float, int]](), Counter[bytes]()
        provider.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                name, ancillary, _, _ = provider.recvmsg(64, 1024)
                stamped = ancillary[0][2]
                whole, nanoseconds = struct.unpack("@ll", stamped)
                arrivals.append((whole + nanoseconds / 1e9, 1))
                turns[name] += arrivals[-1][0] - arrivals[0][0] > per_seconds  # at first, who is up first bursts
    rate = Rate(scope="x", permits=permits, per_seconds=per_seconds)
    assert over_limit(arrivals, rate) == 0
    # One window and a half: the half that bursts, the pause that follows from it, and the even pace that follows that.
    first, elapsed = min(arrivals)[0], 15.0
    share = sum(1 for at, _ in arrivals if at - first < elapsed) / (permits / per_seconds * elapsed)
    report(
        f"pacing: {len(arrivals)} sent, 0 over the limit, {share:.1%} of it used, taking turns {sorted(turns.values())}"
    )
    assert share >= 0.95
    # Even turns on a quiet machine; on a busy one the scheduler has its say, yet nobody starves.
    assert max(turns.values()) <= 5 * min(turns.values())


def test_a_database_is_opened_by_what_its_name_says(tmp_path: Path, postgres_target: str) -> None:
    for target, dialect in ((tmp_path / "x.sqlite", "sqlite"), (postgres_target, "postgres")):
        database = open_database(target)
        assert database.dialect == dialect
        database.close()
