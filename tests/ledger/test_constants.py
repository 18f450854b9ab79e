"""The ledger's fixed numbers and lists, each held by what it promises: change one, and a test here fails.

On SQLite alone: these numbers belong to the code above the database. Those of PostgreSQL are at the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import apsw
import psycopg
import pytest

from creator_assets.ledger import rate_limits
from creator_assets.ledger.archive import bodies
from creator_assets.ledger.archive.segments import SegmentStore
from creator_assets.ledger.errors import BooksRefusedError, LedgerGoneError, LedgerUnusableError
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.notices import notify
from creator_assets.ledger.reconciliation.records import Balance, ReconciliationVerdict
from creator_assets.ledger.records import Refused
from creator_assets.ledger.storage import filesystems
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.timestamps import to_us
from creator_assets.providers.contract.operations import Rate, Response
from tests.ledger.scenery import CREDIT, START, LedgerDriver, ManualClock, open_ledger

ONE_A_MINUTE = Rate(scope="plan", permits=1, per_seconds=60)
MEBIBYTE = 1024 * 1024


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[LedgerDriver]:
    with open_ledger(tmp_path / "ledger.sqlite", clock) as ledger:
        made = LedgerDriver(ledger)
        made.budget(100 * CREDIT)
        yield made
        assert ledger.check() == []


def sends(desk: LedgerDriver, rate: Rate, count: int, *, jitter_us: int = 250_000) -> list[int]:
    """The times of so many permits that are asked for at once, from the first one on."""
    with desk.ledger._database.write() as tx:
        times = [
            rate_limits.acquire(tx, [rate], attempt_id=str(number), weight=1, now_us=to_us(START), jitter_us=jitter_us)
            for number in range(count)
        ]
    return [at - times[0] for at in times]


def test_a_window_is_longer_than_documented_by_the_jitter_and_one_millisecond(desk: LedgerDriver) -> None:
    assert sends(desk, ONE_A_MINUTE, 2) == [0, 60_000_000 + 250_000 + 1_000]


def test_grace_and_path_jitter_together_widen_a_window_by_a_quarter_of_a_second(desk: LedgerDriver) -> None:
    first, second = (desk.granted(key, rates=(ONE_A_MINUTE,)) for key in ("first", "second"))
    assert first.send_at is not None
    assert second.send_at is not None
    assert second.send_at - first.send_at == timedelta(seconds=60.251)
    assert first.send_before == first.send_at + timedelta(seconds=0.1)


def test_after_an_idle_time_half_of_the_permits_leave_at_once_and_the_rest_a_little_faster_than_even(
    desk: LedgerDriver,
) -> None:
    spacing_us = round(0.98 * 60_001_000 / 10)
    times = sends(desk, Rate(scope="plan", permits=10, per_seconds=60), 9, jitter_us=0)
    assert times == [0] * 6 + [spacing_us, 2 * spacing_us, 3 * spacing_us]


def test_a_clock_set_back_makes_every_limit_wait_one_whole_window(desk: LedgerDriver, clock: ManualClock) -> None:
    desk.granted("first", rates=(ONE_A_MINUTE,))
    clock.turn(hours=-1)
    assert desk.granted("second", rates=(ONE_A_MINUTE,)).send_at == clock() + timedelta(seconds=60.251)


@pytest.mark.parametrize(("back_seconds", "is_noticed"), [(0.000001, False), (2, False), (2.000001, True)])
def test_a_clock_counts_as_set_back_from_two_seconds_on(
    desk: LedgerDriver, clock: ManualClock, back_seconds: float, is_noticed: bool
) -> None:
    clock.turn(seconds=-back_seconds)
    desk.granted("key")
    assert [notice.level for notice in desk.ledger.notices()] == ["clock_set_back"] * is_noticed


@pytest.mark.parametrize(("seconds", "voided"), [(599.999999, 0), (600, 1)])
def test_a_lease_lasts_ten_minutes(desk: LedgerDriver, clock: ManualClock, seconds: float, voided: int) -> None:
    desk.begin(desk.want("held"), dispatch=False)
    clock.turn(seconds=seconds)
    assert desk.ledger.recover().voided == voided


def test_a_lost_database_is_tried_again_after_three_growing_pauses(clock: ManualClock) -> None:
    with pytest.raises(LedgerGoneError):
        open_ledger("postgresql://nobody@127.0.0.1:1/none", clock)
    assert clock.slept == [0.1, 1.0, 4.0]


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(59.999999, ReconciliationVerdict.UNCONFIRMED), (60, ReconciliationVerdict.EXTERNAL)],
)
def test_a_difference_must_stand_for_a_minute_before_it_is_acted_upon(
    desk: LedgerDriver, clock: ManualClock, seconds: float, verdict: ReconciliationVerdict
) -> None:
    def compare(used: int) -> ReconciliationVerdict:
        start = desk.ledger.start_reconciliation("plan")
        return desk.ledger.reconcile(start, Balance(used_microcredits=used * CREDIT)).verdict

    assert compare(0) is ReconciliationVerdict.BASELINE
    assert compare(3) is ReconciliationVerdict.UNCONFIRMED
    clock.turn(seconds=seconds)
    assert compare(3) is verdict


@pytest.mark.parametrize(
    ("then", "verdict", "stands"),
    [(3, ReconciliationVerdict.EXTERNAL, True), (-1, ReconciliationVerdict.DRIFT, True), (1, "agreed", False)],
)
def test_foreign_use_and_drift_stand_until_both_sides_agree(
    desk: LedgerDriver, then: int, verdict: str, stands: bool
) -> None:
    for used in (0, then):
        if used:
            desk.pay("key")
        start = desk.ledger.start_reconciliation("plan")
        made = desk.ledger.reconcile(start, Balance(used_microcredits=used * CREDIT), lag_seconds=0)
    assert made.verdict == verdict
    assert [drift.verdict for drift in desk.ledger.drift()] == [verdict] * stands


def test_a_suspension_without_a_date_lasts_until_the_end_of_the_calendar(desk: LedgerDriver) -> None:
    desk.budget(CREDIT, "dated")
    desk.ledger.suspend_provider(["plan"], until=None, reason="no credits left")
    desk.ledger.suspend_provider(["dated"], until=START.replace(year=9998), reason="a volume")
    states = {state.scope: state for state in desk.ledger.balances()}
    assert states["plan"].is_provider_suspended_indefinitely
    assert not states["dated"].is_provider_suspended_indefinitely
    refused = desk.ask("key")
    assert isinstance(refused, Refused)
    assert refused.until is None


@pytest.mark.parametrize(("charge", "is_crossed"), [(1_234_559, False), (1_234_560, True)])
def test_a_threshold_is_exact_to_a_millionth_of_the_limit(desk: LedgerDriver, charge: int, is_crossed: bool) -> None:
    desk.budget(10 * CREDIT, suspend=0.123456)
    desk.pay("key", charge, upper=2 * CREDIT)
    assert (desk.ledger.balances()[0].suspended_at is not None) == is_crossed


@pytest.mark.parametrize(
    "name", ["Set-Cookie", "set-cookie2", "Authorization", "Proxy-Authorization", "Proxy-Authenticate"]
)
def test_cookies_and_credentials_are_not_archived(name: str) -> None:
    kept = bodies.headers_to_keep(Response(status=200, headers={name: "secret", "X-Request-Id": "7"}, body=b""))
    assert kept == '{"x-request-id": "7"}'


@pytest.mark.parametrize(("count", "size"), [(65, MEBIBYTE), (4_097, 1)])
def test_a_segment_holds_at_most_4096_bodies_and_64_mebibytes(
    tmp_path: Path, clock: ManualClock, count: int, size: int
) -> None:
    with open_ledger(tmp_path / "ledger.sqlite", clock) as ledger:
        with ledger._database.write() as tx:
            for number in range(count):
                bodies.store_body(tx, number.to_bytes(2, "big") + bytes(size), to_us(START))
        report = ledger.compact_archive(older_than=timedelta(0))
    assert (report.bodies, len(report.segments)) == (count, 2)


def a_segment(store: SegmentStore, count: int, *, size: int = 1, start: int = 0) -> tuple[str, list[str]]:
    """A segment of so many bodies; its name and their hashes, in order."""
    made = [number.to_bytes(4, "big") + bytes(size) for number in range(start, start + count)]
    return store.write([(bodies.digest(body), body) for body in made]), sorted(bodies.digest(body) for body in made)


def test_reading_one_body_reads_256_bodies_and_no_more(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path)
    name, hashes = a_segment(store, 257)
    assert store.read(name, hashes[0]) is not None
    (tmp_path / name).unlink()
    assert store.read(name, hashes[255]) is not None, "it lies in the group that was read"
    assert store.read(name, hashes[256]) is None, "it lies in the next one"


def test_the_cache_of_groups_is_bounded_by_64_mebibytes(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path)
    small, small_hashes = a_segment(store, 257)
    for sha256 in (small_hashes[0], small_hashes[256]):
        assert store.read(small, sha256) is not None
    large, large_hashes = a_segment(store, 65, size=MEBIBYTE, start=1_000)
    (tmp_path / small).unlink()
    assert store.read(small, small_hashes[0]) is not None, "two small groups fit"
    assert store.read(large, large_hashes[0]) is not None
    assert store.read(small, small_hashes[0]) is None, "65 mebibytes push them out"


def test_the_cache_knows_the_footers_of_256_segments(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path)
    made = [a_segment(store, 1, start=number) for number in range(257)]
    for name, (sha256,) in made[:256]:
        assert store.read(name, sha256) is not None
    first, (first_hash,) = made[0]
    (tmp_path / first).unlink()
    assert store.read(first, first_hash) is not None
    last, (last_hash,) = made[256]
    assert store.read(last, last_hash) is not None
    assert store.read(first, first_hash) is None


@pytest.mark.parametrize(
    "kind",
    [
        *("9p", "afs", "afpfs", "ceph", "cifs", "coda", "davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone"),
        *("fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3"),
        *("smbfs", "webdav"),
    ],
)
def test_a_network_file_system_is_known_by_its_kind(kind: str) -> None:
    mounts = filesystems.parse_mountinfo(f"31 22 0:41 / /srv rw shared:2 - {kind} server:/x rw\n")
    assert filesystems.kind_of(Path("/srv/ledger"), mounts) in filesystems.NETWORK_KINDS


@pytest.mark.parametrize(("version", "is_refused"), [("3.51.2", True), ("3.51.3", False)])
def test_the_first_sqlite_without_the_reset_bug_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, is_refused: bool
) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: version)
    if is_refused:
        with pytest.raises(LedgerUnusableError, match="install apsw"):
            Ledger.open(tmp_path / "ledger.sqlite", realm="test")
    else:
        Ledger.open(tmp_path / "ledger.sqlite", realm="test").close()


@pytest.mark.parametrize(
    ("table", "column"), [("entry", "note"), ("response", "note"), ("notice", "message"), ("reconciliation", "note")]
)
@pytest.mark.parametrize("change", ["DELETE FROM {table}", "UPDATE {table} SET {column} = {column}"])
def test_the_database_refuses_to_change_what_is_append_only(
    desk: LedgerDriver, table: str, column: str, change: str
) -> None:
    desk.pay("key")
    with desk.ledger._database.write() as tx:
        notify(tx, "plan", "level", "message", to_us(START))
    desk.ledger.reconcile(desk.ledger.start_reconciliation("plan"), Balance(used_microcredits=0))
    with pytest.raises(BooksRefusedError, match="append-only"), desk.ledger._database.write() as tx:
        tx.execute(change.format(table=table, column=column))


WAYS = {
    "reserved": (),
    "sent": ("sent",),
    "settled": ("sent", "settled"),
    "voided": ("voided",),
    "in_doubt": ("sent", "in_doubt"),
    "resolved": ("sent", "in_doubt", "resolved"),
}
ALLOWED = {
    "reserved": {"sent", "voided"},
    "sent": {"settled", "voided", "in_doubt"},
    "settled": set(),
    "voided": set(),
    "in_doubt": {"settled", "voided", "resolved"},
    "resolved": {"settled"},
}


@pytest.mark.parametrize(("before", "after"), [(one, two) for one in WAYS for two in WAYS if one != two])
def test_the_database_allows_the_steps_of_an_attempt_and_no_others(
    tmp_path: Path, clock: ManualClock, before: str, after: str
) -> None:
    with open_ledger(tmp_path / "ledger.sqlite", clock) as ledger:
        desk = LedgerDriver(ledger)
        desk.budget(CREDIT)
        desk.begin(desk.want("key"), dispatch=False)

        def step(state: str) -> None:
            with ledger._database.write() as tx:
                tx.execute("UPDATE attempt SET state = ?", (state,))

        for state in WAYS[before]:
            step(state)
        if after in ALLOWED[before]:
            step(after)
        else:
            with pytest.raises(BooksRefusedError, match="not allowed"):
                step(after)


@pytest.mark.parametrize("state", ["settled", "voided", "in_doubt", "resolved"])
def test_an_attempt_starts_reserved_or_sent(desk: LedgerDriver, state: str) -> None:
    desk.granted("key")
    copy = f"""
        INSERT INTO attempt (attempt_id, request_key, provider, operation, state, budget_set_id, upper_microcredits,
            price_version, rates, weight, repeat_in_doubt, asset, partition_key, campaign, run_id, step, code_version,
            owner, reserved_us, lease_until_us)
        SELECT 'copy', 'copy', provider, operation, '{state}', budget_set_id, upper_microcredits, price_version, rates,
            weight, repeat_in_doubt, asset, partition_key, campaign, run_id, step, code_version, owner, reserved_us,
            lease_until_us
        FROM attempt
        """  # noqa: S608
    with pytest.raises(BooksRefusedError, match="starts reserved or sent"), desk.ledger._database.write() as tx:
        tx.execute(copy)


def test_notices_come_a_thousand_at_a_time(desk: LedgerDriver) -> None:
    with desk.ledger._database.write() as tx:
        for number in range(1_001):
            notify(tx, "plan", "level", str(number), to_us(START))
    first = desk.ledger.notices()
    assert len(first) == 1_000
    assert [notice.message for notice in desk.ledger.notices(after_id=first[-1].notice_id)] == ["1000"]


def test_attempts_and_entries_beyond_one_page_are_read(desk: LedgerDriver) -> None:
    for number in range(3):
        desk.begin(*(desk.want(f"{number}-{one}", 0) for one in range(400)))
    assert len({attempt.attempt_id for attempt in desk.ledger.attempts()}) == 1_200
    seqs = [entry.seq for entry in desk.ledger.entries()]
    assert (len(seqs), seqs) == (1_201, sorted(seqs))


class IdleTimeout(Row, frozen=True):
    idle_in_transaction_session_timeout: str


def test_a_process_that_stops_in_a_transaction_blocks_the_others_for_a_minute_at_most(postgres_target: str) -> None:
    with open_ledger(postgres_target) as ledger:
        (found,) = ledger._database.query(IdleTimeout, "SHOW idle_in_transaction_session_timeout")
        assert found == IdleTimeout("1min")


def test_a_url_without_a_schema_means_the_schema_creator_assets(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as server:
        if os.environ.get("CREATOR_ASSETS_TEST_POSTGRES"):
            pytest.skip("a server that others use may hold a ledger there")
        try:
            with open_ledger(postgres_url) as ledger:
                LedgerDriver(ledger).budget(CREDIT)
            assert server.execute("SELECT count(*) FROM creator_assets.budget").fetchone() == (1,)
        finally:
            server.execute("DROP SCHEMA IF EXISTS creator_assets CASCADE")
