"""Old answers in an object store: a real S3 server over HTTP, in which they are found, verified and missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from creator_assets.ledger.archive import segments
from creator_assets.ledger.archive.object_store import open_object_store
from creator_assets.ledger.errors import ArchiveUnreachableError, LedgerUnusableError
from creator_assets.ledger.records import Hit
from creator_assets.ledger.storage.rows import Row
from tests.ledger.scenery import CREDIT, LedgerDriver, ManualClock, open_ledger
from tests.object_store import ObjectStoreServer


class Segment(Row, frozen=True):
    segment: str


NOBODY_LISTENS = "127.0.0.1:9"


OpenDesk = Callable[..., LedgerDriver]


@pytest.fixture
def open_desk(target: str | Path, clock: ManualClock) -> Iterator[OpenDesk]:
    with ExitStack() as stack:

        def opened(url: str | None) -> LedgerDriver:
            desk = LedgerDriver(stack.enter_context(open_ledger(target, clock, segments=url)))
            desk.budget(1_000 * CREDIT)
            return desk

        yield opened


def bought(desk: LedgerDriver, count: int = 300) -> dict[str, bytes]:
    """Answers of some size, by request key."""
    bodies = {f"key-{number}": f'{{"number": {number}}}'.encode() * 100 for number in range(count)}
    for key, body in bodies.items():
        desk.pay(key, body=body)
    return bodies


def found(desk: LedgerDriver, keys: dict[str, bytes]) -> dict[str, bytes]:
    return {key: one.body for key, one in desk.ledger.look_up_many(dict.fromkeys(keys, desk.window)).items()}


def compacted(desk: LedgerDriver) -> int:
    return desk.ledger.compact_archive(older_than=timedelta(seconds=-1)).bodies


def test_old_answers_move_to_the_store_and_are_found_verified_and_served_from_there(
    object_store: ObjectStoreServer, open_desk: OpenDesk, request: pytest.FixtureRequest
) -> None:
    prefix = request.node.name
    desk = open_desk(object_store.url(prefix))
    bodies = bought(desk)
    assert compacted(desk) == 300
    (path,) = object_store.objects(prefix)
    assert desk.ledger._database.query(Segment, "SELECT DISTINCT segment FROM body") == [Segment(f"s3://{path}")]
    assert desk.ledger.archive_stats().stored_bytes == 0
    # Another process, which has nothing in memory.
    other = open_desk(object_store.url(prefix))
    assert found(other, bodies) == bodies
    assert isinstance(other.ask("key-7"), Hit)
    assert other.ledger.verify_archive().damaged == ()
    assert other.ledger.check() == []
    assert compacted(other) == 0


@pytest.mark.slow
def test_a_store_that_cannot_be_reached_is_no_damage_and_buys_nothing(
    object_store: ObjectStoreServer, open_desk: OpenDesk, request: pytest.FixtureRequest
) -> None:
    prefix = request.node.name
    desk = open_desk(object_store.url(prefix))
    bodies = bought(desk, 3)
    compacted(desk)
    cut_off = open_desk(object_store.url(prefix, NOBODY_LISTENS))
    for step in (lambda: found(cut_off, bodies), lambda: cut_off.ask("key-1"), cut_off.ledger.verify_archive):
        with pytest.raises(ArchiveUnreachableError, match=r"cannot be read.*Nothing was bought in its place"):
            step()
    assert desk.ledger.archive_stats().damaged == 0
    assert desk.books() == (3 * CREDIT, 0, 0)
    desk.pay("new")
    with pytest.raises(ArchiveUnreachableError, match="cannot be written"):
        compacted(cut_off)
    assert found(open_desk(object_store.url(prefix)), bodies) == bodies
    # The same where the bucket is not there: somebody named the wrong one, or the wrong server.
    with desk.ledger._database.write() as tx:
        tx.execute("UPDATE body SET segment = 's3://elsewhere/x.parquet' WHERE segment IS NOT NULL")
    with pytest.raises(ArchiveUnreachableError, match="no such folder or bucket"):
        found(desk, bodies)


def test_an_object_that_is_gone_or_damaged_counts_as_missing_and_is_reported(
    object_store: ObjectStoreServer, open_desk: OpenDesk, request: pytest.FixtureRequest
) -> None:
    prefix = request.node.name
    desk = open_desk(object_store.url(prefix))
    bodies = bought(desk, 40)
    compacted(desk)
    (path,) = object_store.objects(prefix)
    with object_store.files.open_input_file(path) as source:
        content = bytearray(source.read())
    content[200:300] = b"\xff" * 100
    with object_store.files.open_output_stream(path) as sink:
        sink.write(bytes(content))
    report = desk.ledger.verify_archive()
    assert 0 < len(report.damaged) <= 40
    object_store.files.delete_file(path)
    other = open_desk(object_store.url(prefix))
    assert found(other, bodies) == {}
    assert len(other.ledger.verify_archive().damaged) == 40
    assert {notice.level for notice in other.ledger.notices()} == {"damaged_body"}


def test_a_segment_that_does_not_read_back_is_not_referred_to(
    object_store: ObjectStoreServer,
    open_desk: OpenDesk,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = open_desk(object_store.url(request.node.name))
    bodies = bought(desk, 5)
    written = segments._write_table
    monkeypatch.setattr(segments, "_write_table", lambda table, sink: written(table.slice(1), sink))
    with pytest.raises(Exception, match="does not hold what was written"):
        compacted(desk)
    assert desk.ledger.archive_stats().bodies_in_segments == 0
    assert found(desk, bodies) == bodies


def test_what_moved_before_there_was_a_store_is_still_found(
    object_store: ObjectStoreServer, tmp_path: Path, clock: ManualClock, request: pytest.FixtureRequest
) -> None:
    url, bodies = object_store.url(request.node.name), {"early": b"1", "late": b"2"}
    for key, place in (("early", None), ("late", url)):
        with open_ledger(tmp_path / "ledger.sqlite", clock, segments=place) as ledger:
            desk = LedgerDriver(ledger)
            desk.budget(100 * CREDIT)
            desk.pay(key, body=bodies[key])
            assert compacted(desk) == 1
    with open_ledger(tmp_path / "ledger.sqlite", clock, segments=url) as ledger:
        assert found(LedgerDriver(ledger), bodies) == bodies


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://key:secret@bucket/x", "must not hold a key"),
        ("s3:///x", "names a bucket"),
        ("s3://bucket/x?regoin=eu", "unknown option regoin"),
        ("ftp://host/x", "cannot be opened"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_in_a_sentence(url: str, said: str) -> None:
    with pytest.raises(LedgerUnusableError, match=said) as raised:
        open_object_store(url)
    assert "secret" not in str(raised.value)
