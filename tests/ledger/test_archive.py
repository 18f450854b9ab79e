"""Stored answers: which one serves a window, that damage is never served, and that old bodies move without loss."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.ledger.archive.answers import AnswerCandidate, choose_answer
from creator_assets.ledger.archive.segments import SegmentStore
from creator_assets.ledger.errors import LedgerError, LedgerUnusableError
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Granted, Window
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.timestamps import from_us, to_us
from creator_assets.providers.contract.operations import AnswerKind, Response
from tests.ledger.scenery import CREDIT, START, LedgerDriver, ManualClock, open_ledger, reading, response, week


class BodySize(Row, frozen=True):
    raw_bytes: int


class Segment(Row, frozen=True):
    segment: str


HOUR_US = 3_600_000_000
START_US = to_us(START)


def stored(hours: float, kind: AnswerKind = AnswerKind.FINAL, not_before_hours: float | None = None) -> AnswerCandidate:
    """An answer observed so many hours after the start of the week."""
    return AnswerCandidate(
        key="key",
        attempt_id=f"attempt-{hours:+08.1f}",
        kind=kind,
        observed_us=START_US + round(hours * HOUR_US),
        not_before_us=None if not_before_hours is None else START_US + round(not_before_hours * HOUR_US),
        place=0,
        parts=1,
    )


FINAL, EMPTY, PENDING = AnswerKind.FINAL, AnswerKind.EMPTY, AnswerKind.PENDING


@pytest.mark.parametrize(
    ("answers", "chosen"),
    [
        ([], None),
        ([stored(5), stored(2), stored(9)], 2),  # the first one inside
        ([stored(-5), stored(-2), stored(2)], -2),  # the newest one reused wins over any inside
        ([stored(-30), stored(2)], 2),  # too old to be reused
        ([stored(168), stored(200)], None),  # the end is no part of the window
        ([stored(-24), stored(0)], -24),  # the first time that is reused
        ([stored(0)], 0),
        ([stored(3, EMPTY), stored(4)], 3),  # empty is an answer
        ([stored(-3, EMPTY, not_before_hours=-1), stored(4)], 4),  # its time to ask again came before the week
        ([stored(-3, EMPTY, not_before_hours=1), stored(4)], -3),
        ([stored(1, PENDING, not_before_hours=48), stored(50)], 50),  # a final one ends the waiting
        ([stored(1, PENDING, not_before_hours=24), stored(30, PENDING, not_before_hours=200)], 30),
        ([stored(1, PENDING, not_before_hours=24)], None),  # due at the time of asking (hour 100)
        ([stored(1, PENDING)], None),
    ],
)
def test_the_window_chooses_its_answer(answers: list[AnswerCandidate], chosen: float | None) -> None:
    found = choose_answer(answers, week(max_age_days=1), now_us=START_US + 100 * HOUR_US)
    assert [candidate.observed_us for candidate in found[:1]] == (
        [] if chosen is None else [START_US + round(chosen * HOUR_US)]
    )


def test_a_pending_answer_serves_for_good_once_its_window_has_closed() -> None:
    pending = [stored(1, PENDING, not_before_hours=24)]
    assert choose_answer(pending, week(), now_us=START_US + 168 * HOUR_US) == pending
    assert choose_answer(pending, week(), now_us=START_US + 100 * HOUR_US, include_due=True) == pending


@given(
    st.lists(
        st.tuples(st.integers(-48, 200), st.sampled_from([FINAL, EMPTY, PENDING])), max_size=8, unique_by=lambda a: a[0]
    ),
    st.integers(168, 400),
)
def test_answers_bought_later_never_change_what_a_closed_window_chose(
    answers: list[tuple[int, AnswerKind]], later_hours: int
) -> None:
    inside = [stored(hours, kind) for hours, kind in answers if hours < 168]
    before = choose_answer(inside, week(max_age_days=2), now_us=START_US + 168 * HOUR_US)
    after = choose_answer(
        [*reversed(inside), stored(later_hours)],
        week(max_age_days=2),
        now_us=START_US + round((later_hours + 1) * HOUR_US),
    )
    assert before == after


def test_an_answer_comes_back_as_it_went_in(desk: LedgerDriver) -> None:
    granted = desk.granted("key")
    body = bytes(range(256)) * 50
    sent = Response(
        status=203, headers={"Content-Type": "image/x", "set-cookie": "session=1", "X-Cost": "1"}, body=body
    )
    desk.ledger.settle(granted.attempt_id, reading(7), sent, desk.ledger.now())
    answer = desk.ledger.look_up("key", desk.window)
    assert answer is not None
    assert (answer.body, answer.status, answer.charge_microcredits, answer.basis) == (body, 203, 7, "priced")
    assert answer.headers == {"content-type": "image/x", "x-cost": "1"}, "a cookie is none of the archive's business"
    assert (answer.provider, answer.operation, answer.run_id) == ("provider", "operation", "run-1")
    assert answer.observed_at == desk.ledger.now()


@pytest.mark.parametrize("body", [b"", b"x", b"\x00" * 100_000])
def test_bodies_of_any_size_survive(desk: LedgerDriver, body: bytes) -> None:
    desk.pay("key", body=body)
    answer = desk.ledger.look_up("key", desk.window)
    assert answer is not None
    assert answer.body == body


def test_many_keys_are_looked_up_at_once(desk: LedgerDriver) -> None:
    for number in range(20):
        desk.pay(f"key-{number}")
    found = desk.ledger.look_up_many({f"key-{number}": desk.window for number in range(600)})
    assert {key: json.loads(answer.body)["key"] for key, answer in found.items()} == {
        f"key-{number}": f"key-{number}" for number in range(20)
    }
    assert desk.ledger.look_up_many({}) == {}


def test_each_key_has_its_own_window(desk: LedgerDriver, clock: ManualClock) -> None:
    clock.now = START + timedelta(days=6)
    desk.pay("a")
    desk.pay("b")
    following = week(start=START + timedelta(days=7))
    carried = week(max_age_days=3, start=START + timedelta(days=7))
    assert set(desk.ledger.look_up_many({"a": following, "b": carried})) == {"b"}


def test_equal_bodies_are_stored_once(desk: LedgerDriver) -> None:
    desk.pay("a", body=b"same")
    desk.pay("b", body=b"same")
    stats = desk.ledger.archive_stats()
    assert (stats.answers, stats.bodies, stats.raw_bytes) == (2, 1, 4)


def damage_database(desk: LedgerDriver, sha256: str) -> None:
    with desk.ledger._database.write() as tx:
        tx.execute("UPDATE body SET data = ? WHERE sha256 = ?", (b"rotten", sha256))


def swap_in_database(desk: LedgerDriver, sha256: str) -> None:
    """Readable, of the right length, and yet something else: only the hash shows it."""
    with desk.ledger._database.write() as tx:
        (body,) = tx.query(BodySize, "SELECT raw_bytes FROM body WHERE sha256 = ?", (sha256,))
        other = pa.Codec("zstd").compress(b"?" * body.raw_bytes, asbytes=True)
        tx.execute("UPDATE body SET data = ? WHERE sha256 = ?", (other, sha256))


def segment_of(desk: LedgerDriver, sha256: str) -> Path:
    (body,) = desk.ledger._database.query(Segment, "SELECT segment FROM body WHERE sha256 = ?", (sha256,))
    return Path(desk.ledger._segments.root) / body.segment  # type: ignore[union-attr]


def damage_segment(desk: LedgerDriver, sha256: str) -> None:
    desk.ledger.compact_archive(older_than=timedelta(seconds=-1))
    path = segment_of(desk, sha256)
    content = bytearray(path.read_bytes())
    content[20:40] = b"\xff" * 20
    path.write_bytes(content)


def lose_segment(desk: LedgerDriver, sha256: str) -> None:
    desk.ledger.compact_archive(older_than=timedelta(seconds=-1))
    segment_of(desk, sha256).unlink()


@pytest.fixture
def keeping_desk(target: str | Path, clock: ManualClock, tmp_path: Path) -> Iterator[LedgerDriver]:
    """A desk whose ledger has a place for segments on either back end."""
    desk = LedgerDriver(open_ledger(target, clock, segments=tmp_path / "segments"))
    desk.budget(100 * CREDIT)
    yield desk
    desk.ledger.close()


@pytest.mark.parametrize("damage", [damage_database, swap_in_database, damage_segment, lose_segment])
def test_a_damaged_body_counts_as_missing_is_reported_and_can_be_bought_again(
    keeping_desk: LedgerDriver, damage: Callable[[LedgerDriver, str], None]
) -> None:
    desk = keeping_desk
    desk.pay("key", body=b"precious" * 100)
    answer = desk.ledger.look_up("key", desk.window)
    assert answer is not None
    damage(desk, answer.sha256)
    assert desk.ledger.look_up("key", desk.window) is None
    report = desk.ledger.verify_archive()
    assert (report.bodies, report.damaged) == (1, (answer.sha256,))
    assert desk.ledger.archive_stats().damaged == 1
    assert [notice.level for notice in desk.ledger.notices()] == ["damaged_body"]
    assert isinstance(desk.ask("other"), Granted)
    desk.pay("key", body=b"precious" * 100)
    again = desk.ledger.look_up("key", desk.window)
    assert again is not None
    assert again.body == b"precious" * 100
    assert desk.ledger.verify_archive().damaged == ()
    desk.ledger.close()


def test_admission_marks_the_damage_it_meets(desk: LedgerDriver) -> None:
    desk.pay("key", body=b"precious")
    answer = desk.ledger.look_up("key", desk.window)
    assert answer is not None
    damage_database(desk, answer.sha256)
    assert isinstance(desk.ask("key"), Granted)
    assert [notice.level for notice in desk.ledger.notices()] == ["damaged_body"]


def test_a_later_answer_serves_where_the_first_is_damaged(desk: LedgerDriver, clock: ManualClock) -> None:
    first = desk.granted("key")
    second_window = week(start=START + timedelta(days=1))
    desk.ledger.settle(first.attempt_id, reading(), response(b"first"), clock())
    clock.turn(hours=1)
    (second,) = desk.begin(desk.want("key"), window=Window(start=clock(), end=second_window.end, reuse_since=clock()))
    assert isinstance(second, Granted)
    desk.ledger.settle(second.attempt_id, reading(), response(b"second"), clock())
    answer = desk.ledger.look_up("key", desk.window)
    assert answer is not None
    assert answer.body == b"first"
    damage_database(desk, answer.sha256)
    answer = desk.ledger.look_up("key", desk.window)
    assert answer is not None
    assert answer.body == b"second"


def test_old_bodies_move_to_segments_and_are_found_there(keeping_desk: LedgerDriver, clock: ManualClock) -> None:
    desk = keeping_desk
    bodies = {f"key-{number}": f"{number}".encode() * 3000 for number in range(300)}
    with_old = list(bodies)[:290]
    for key in with_old:
        desk.pay(key, charge=1, body=bodies[key], upper=1)
    clock.turn(days=2)
    for key in list(bodies)[290:]:
        desk.pay(key, charge=1, body=bodies[key], upper=1)
    report = desk.ledger.compact_archive(older_than=timedelta(days=1))
    assert (report.bodies, len(report.segments), report.damaged) == (290, 1, ())
    stats = desk.ledger.archive_stats()
    assert (stats.bodies, stats.bodies_in_segments, stats.segments) == (300, 290, 1)
    found = desk.ledger.look_up_many(dict.fromkeys(bodies, desk.window))
    assert {key: answer.body for key, answer in found.items()} == bodies
    assert desk.ledger.verify_archive().damaged == ()
    assert desk.ledger.check() == []
    assert desk.ledger.compact_archive(older_than=timedelta(days=1)).segments == ()
    desk.ledger.close()


def test_compaction_gives_disk_space_back(tmp_path: Path, clock: ManualClock) -> None:
    import random  # noqa: PLC0415

    noise = random.Random(7)  # noqa: S311 - bytes that do not compress
    with open_ledger(tmp_path / "ledger.sqlite", clock) as ledger:
        desk = LedgerDriver(ledger)
        desk.budget(100 * CREDIT)
        for number in range(30):
            desk.pay(f"key-{number}", body=noise.randbytes(50_000))
        before = ledger.archive_stats().database_bytes
        ledger.compact_archive(older_than=timedelta(seconds=-1))
        assert ledger.archive_stats().database_bytes < before / 5
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".parquet" for path in written)
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}, "answers hold personal data"


def test_a_damaged_body_is_never_moved(keeping_desk: LedgerDriver) -> None:
    desk = keeping_desk
    desk.pay("good")
    desk.pay("bad", body=b"bad body")
    answer = desk.ledger.look_up("bad", desk.window)
    assert answer is not None
    damage_database(desk, answer.sha256)
    report = desk.ledger.compact_archive(older_than=timedelta(seconds=-1))
    assert (report.bodies, report.damaged) == (1, (answer.sha256,))
    desk.ledger.close()


def test_a_segment_that_does_not_read_back_is_not_referred_to(
    keeping_desk: LedgerDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = keeping_desk
    desk.pay("key")
    monkeypatch.setattr(SegmentStore, "bodies", lambda _self, _name: iter([("0" * 64, b"something else")]))
    with pytest.raises(LedgerError, match="stay in the database"):
        desk.ledger.compact_archive(older_than=timedelta(seconds=-1))
    assert desk.ledger.archive_stats().bodies_in_segments == 0
    assert desk.ledger.look_up("key", desk.window) is not None
    desk.ledger.close()


def test_segments_are_plain_parquet_named_by_what_they_hold(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path)
    bodies = [("b" * 64, b"two"), ("a" * 64, b"one")]
    name = store.write(bodies)
    assert store.write(list(reversed(bodies))) == name
    assert pq.read_table(tmp_path / name).to_pylist() == [
        {"sha256": "a" * 64, "body": b"one"},
        {"sha256": "b" * 64, "body": b"two"},
    ]
    assert [path.name for path in tmp_path.iterdir()] == [name], "no temporary file stays behind"
    assert store.read(name, "c" * 64) is None


def test_a_postgres_ledger_has_no_default_place_for_segments(postgres_target: str) -> None:
    with Ledger.open(postgres_target, realm="test") as ledger, pytest.raises(LedgerUnusableError, match="every host"):
        ledger.compact_archive(older_than=timedelta(0))


@given(st.datetimes(datetime(1971, 1, 1), datetime(2500, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - bounds are naive here
def test_timestamps_survive_to_the_microsecond(timestamp: datetime) -> None:
    assert from_us(to_us(timestamp)) == timestamp.astimezone(UTC)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_us(datetime(2026, 11, 2))  # noqa: DTZ001 - the point of the test


def test_answers_are_followed_in_the_order_of_their_booking_each_once(keeping_desk: LedgerDriver) -> None:
    desk = keeping_desk
    for number in range(120):
        desk.pay(f"key-{number}", charge=0, body=b"%d" % number)
    desk.ledger.void(desk.granted("never").attempt_id, reason="not sent")
    first = list(desk.ledger.answers_after(0, 70))
    desk.ledger.compact_archive(older_than=timedelta(seconds=-1))
    rest = list(desk.ledger.answers_after(first[-1].sequence, 1_000))
    assert [one.body for one in (*first, *rest)] == [b"%d" % number for number in range(120)]
    assert list(desk.ledger.answers_after(rest[-1].sequence, 10)) == []
    assert {one.observed_at for one in first} == {desk.ledger.now()}


def test_the_body_of_an_answer_that_is_lost_is_none(keeping_desk: LedgerDriver) -> None:
    keeping_desk.pay("key", body=b"precious")
    answer = keeping_desk.ledger.look_up("key", keeping_desk.window)
    assert answer is not None
    lose_segment(keeping_desk, answer.sha256)
    assert [one.body for one in keeping_desk.ledger.answers_after(0, 10)] == [None]
