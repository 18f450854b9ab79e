"""The table store against real files, real processes that are killed, and a disk that is really full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from creator_assets.partitions import Partition
from creator_assets.tables import atomic
from creator_assets.tables.store import (
    PartitionPathError,
    PartitionWriteError,
    TableContractError,
    Tables,
    content_digest,
)

BERLIN = ("campaign=berlin-fitness", "week=2026-11-16")
LONDON = ("campaign=london", "week=2026-11-16")
KEYS = ("campaign", "week")


class Creators(dy.Schema):
    platform = dy.String(primary_key=True)
    handle = dy.String(primary_key=True)
    followers = dy.Int64(nullable=True, min=0)
    rate = dy.Float64(nullable=True)
    seen_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=True)
    tags = dy.List(dy.String(nullable=True), nullable=True)

    @dy.rule()
    def tiktok_has_followers(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("platform") != "tiktok") | pl.col("followers").is_not_null()


class OlderCreators(dy.Schema):
    """As `Creators` was once: without two columns, with one more, and a narrower number."""

    platform = dy.String(primary_key=True)
    handle = dy.String(primary_key=True)
    followers = dy.Int32(nullable=True)
    nickname = dy.String(nullable=True)
    rate = dy.Float64(nullable=True)


class Unkeyed(dy.Schema):
    word = dy.String()
    number = dy.Int64()


def creators(*handles: str, followers: int | None = 10) -> pl.DataFrame:
    seen_at = datetime(2026, 11, 16, 12, tzinfo=UTC)
    rows = [("instagram", handle, followers, 0.5, seen_at, ["a", None]) for handle in handles]
    return pl.DataFrame(rows, schema=TYPES, orient="row")


TYPES = {name: column.dtype for name, column in Creators.columns().items()}
READ_TYPES = TYPES | {"campaign": pl.String(), "week": pl.Date()}


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "tables")


def files(tables: Tables) -> list[str]:
    return sorted(str(path.relative_to(tables.root)) for path in tables.root.rglob("*") if path.is_file())


def test_a_partition_is_read_back_as_written_with_its_folders_as_columns(tables: Tables) -> None:
    written = tables.write(Creators, "creators", BERLIN, creators("b", "a"))
    assert files(tables) == ["creators/campaign=berlin-fitness/week=2026-11-16/part-0.parquet"]
    assert (written.rows, written.bytes) == (2, written.path.stat().st_size)
    expected = creators("a", "b").with_columns(campaign=pl.lit("berlin-fitness"), week=pl.lit(date(2026, 11, 16)))
    assert_frame_equal(tables.read(Creators, "creators"), expected)
    for within in (BERLIN[:1], BERLIN):
        assert_frame_equal(tables.read(Creators, "creators", within), expected)


def test_partitions_name_their_own_folders(tables: Tables) -> None:
    partition = Partition.day_of("berlin-fitness", date(2026, 11, 18))
    tables.write(Creators, "creators", partition.path_parts, creators("a"))
    assert tables.exists("creators", partition.path_parts)
    assert not tables.exists("creators", partition.path_parts[:1])
    read = tables.read(Creators, "creators", partition.path_parts)
    assert read.select("campaign", "day").row(0) == ("berlin-fitness", date(2026, 11, 18))


def test_a_table_without_partitions_and_one_with_three_have_their_places(tables: Tables) -> None:
    tables.write(Unkeyed, "filter_values", (), pl.DataFrame({"word": ["b"], "number": [1]}))
    tables.write(Creators, "rejected", ("asset=discovery_results", *BERLIN), creators("a"))
    assert files(tables) == [
        "filter_values/part-0.parquet",
        "rejected/asset=discovery_results/campaign=berlin-fitness/week=2026-11-16/part-0.parquet",
    ]
    assert tables.read(Unkeyed, "filter_values").rows() == [("b", 1)]
    assert tables.read(Creators, "rejected")["asset"].to_list() == ["discovery_results"]
    assert tables.partitions("filter_values") == [()]
    assert tables.partitions("rejected", ("asset=discovery_results",)) == [("asset=discovery_results", *BERLIN)]


def test_writing_again_replaces_one_partition_and_no_other(tables: Tables) -> None:
    tables.write(Creators, "creators", BERLIN, creators("a", "b"))
    tables.write(Creators, "creators", LONDON, creators("c"))
    tables.write(Creators, "creators", BERLIN, creators("d"))
    assert tables.read(Creators, "creators").select("campaign", "handle").rows() == [
        ("berlin-fitness", "d"),
        ("london", "c"),
    ]
    assert tables.partitions("creators") == [BERLIN, LONDON]


def test_an_empty_partition_is_written_and_not_skipped(tables: Tables) -> None:
    tables.write(Creators, "creators", BERLIN, creators("a"))
    written = tables.write(Creators, "creators", BERLIN, Creators.create_empty())
    assert written.rows == 0
    assert tables.exists("creators", BERLIN)
    read = tables.read(Creators, "creators", BERLIN)
    assert read.is_empty()
    assert read.schema == READ_TYPES


def test_what_was_never_written_reads_as_an_empty_typed_table(tables: Tables) -> None:
    read = tables.read(Creators, "creators", keys=KEYS)
    assert read.is_empty()
    assert read.schema == READ_TYPES
    assert tables.read(Creators, "creators", BERLIN, keys=KEYS).schema == read.schema
    assert tables.partitions("creators") == []
    assert not tables.exists("creators", BERLIN)
    assert not tables.root.exists()


def test_the_order_of_rows_does_not_matter_to_file_or_digest(tables: Tables) -> None:
    rows = creators("d", "a", "c", "b")
    first = tables.write(Creators, "creators", BERLIN, rows)
    content = first.path.read_bytes()
    again = tables.write(Creators, "creators", BERLIN, rows.reverse())
    assert (again.digest, again.path.read_bytes()) == (first.digest, content)
    unkeyed = pl.DataFrame({"word": ["b", "a", "a"], "number": [1, 2, 1]})
    digests = {tables.write(Unkeyed, "words", (), frame).digest for frame in (unkeyed, unkeyed.reverse())}
    assert len(digests) == 1


def test_the_file_says_what_it_is_and_can_be_pruned_by_its_statistics(tables: Tables) -> None:
    written = tables.write(Creators, "creators", BERLIN, creators("a", "b"))
    metadata = pl.read_parquet_metadata(written.path)
    assert metadata["creator_assets.table"] == "creators"
    assert metadata["creator_assets.schema"] == "Creators"
    assert int(metadata["creator_assets.schema_version"]) >= 1
    assert metadata["creator_assets.written_by"].startswith("creator-assets ")
    assert metadata["creator_assets.content_sha256"] == written.digest == content_digest(pl.read_parquet(written.path))

    import pyarrow.parquet as pq  # noqa: PLC0415

    column = pq.ParquetFile(written.path).metadata.row_group(0).column(1)
    assert column.compression == "ZSTD"
    assert column.statistics is not None
    assert (column.statistics.min, column.statistics.max) == ("a", "b")


@pytest.mark.parametrize(
    ("frame", "counts"),
    [
        (creators("x@example.com", "x@example.com"), {"primary_key": 2}),
        (creators("x@example.com", followers=-7), {"followers: min": 1}),
        (
            creators("x@example.com", followers=None).with_columns(platform=pl.lit("tiktok")),
            {"tiktok_has_followers": 1},
        ),
        (creators("x@example.com").with_columns(platform=pl.lit(None, pl.String)), {"platform: nullability": 1}),
        (creators("x@example.com").drop("rate", "tags"), {f"{c}: the column is missing": 1 for c in ("rate", "tags")}),
        (creators("a").with_columns(followers=pl.lit("x@example.com")), {"followers: does not fit Int64": 1}),
        (creators("a", "b").with_columns(followers=pl.lit(7.5)), {"followers: does not fit Int64": 2}),
        (creators("a").with_columns(followers=pl.lit("007")), {"followers: does not fit Int64": 1}),
        (creators("a").with_columns(rate=pl.lit(2**53 + 1)), {"rate: does not fit Float64": 1}),
        (creators("a").with_columns(tags=pl.lit(1.5)), {"tags: does not fit List(String)": 1}),
        (
            creators("a").with_columns(seen_at=datetime(2026, 11, 16)),  # noqa: DTZ001
            {"seen_at: does not fit Datetime(time_unit='us', time_zone='UTC')": 1},
        ),
        (
            creators("a").with_columns(pl.col("seen_at").cast(pl.Datetime("ns", "UTC")) + pl.duration(nanoseconds=1)),
            {"seen_at: does not fit Datetime(time_unit='us', time_zone='UTC')": 1},
        ),
    ],
)
def test_rows_that_break_the_contract_are_refused_by_rule_and_count_and_no_value(
    tables: Tables, frame: pl.DataFrame, counts: dict[str, int]
) -> None:
    tables.write(Creators, "creators", BERLIN, creators("old"))
    with pytest.raises(TableContractError) as caught:
        tables.write(Creators, "creators", BERLIN, frame)
    assert caught.value.counts == counts
    assert all(f"{rule} ({count})" in str(caught.value) for rule, count in counts.items())
    assert "x@example.com" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert tables.read(Creators, "creators", BERLIN)["handle"].to_list() == ["old"]


def test_types_change_where_nothing_is_lost_and_other_columns_stay_out(tables: Tables) -> None:
    loose = pl.DataFrame(
        {
            "extra": [1],
            "handle": ["a"],
            "platform": ["instagram"],
            "followers": [7.0],
            "rate": [1],
            "seen_at": [None],
            "tags": [None],
        }
    )
    tables.write(Creators, "creators", BERLIN, loose)
    read = tables.read(Creators, "creators").drop(KEYS)
    assert read.row(0) == ("instagram", "a", 7, 1.0, None, None)
    assert read.schema == TYPES


def test_files_of_an_older_schema_read_with_nulls_and_without_what_is_gone(tables: Tables) -> None:
    older = {"platform": ["instagram"], "handle": ["old"], "followers": [5], "nickname": ["x"], "rate": [0.1]}
    tables.write(OlderCreators, "creators", LONDON, pl.DataFrame(older))
    tables.write(Creators, "creators", BERLIN, creators("new"))
    read = tables.read(Creators, "creators")
    assert read.schema == READ_TYPES
    assert read.select("handle", "followers", "seen_at", "campaign").rows() == [
        ("new", 10, datetime(2026, 11, 16, 12, tzinfo=UTC), "berlin-fitness"),
        ("old", 5, None, "london"),
    ]


def test_a_filter_on_folders_leaves_other_files_unopened(tables: Tables) -> None:
    tables.write(Creators, "creators", BERLIN, creators("a"))
    damaged = tables.write(Creators, "creators", LONDON, creators("b")).path
    damaged.write_bytes(b"no parquet at all")
    wanted = tables.scan(Creators, "creators").filter(pl.col("campaign") == "berlin-fitness")
    assert wanted.collect()["handle"].to_list() == ["a"]
    by_date = tables.scan(Creators, "creators").filter(
        pl.col("week") >= date(2026, 11, 1), pl.col("campaign").is_in(["berlin-fitness"])
    )
    assert by_date.select("handle").collect()["handle"].to_list() == ["a"]
    with pytest.raises(pl.exceptions.ComputeError):
        tables.read(Creators, "creators")


@pytest.mark.parametrize("folder", ["with = sign/x=1", "a [b] *?", "ünï"])
def test_the_root_may_have_any_name(tmp_path: Path, folder: str) -> None:
    tables = Tables(tmp_path / folder)
    tables.write(Creators, "creators", BERLIN, creators("a"))
    for within in ((), BERLIN[:1], BERLIN):
        assert tables.read(Creators, "creators", within).select("handle", *KEYS).rows() == [
            ("a", "berlin-fitness", date(2026, 11, 16))
        ]


def test_the_root_may_not_lie_in_what_looks_like_a_partition(tmp_path: Path) -> None:
    with pytest.raises(PartitionPathError, match="named like a partition"):
        Tables(tmp_path / "week=now" / "tables")
    tables = Tables(tmp_path / "platform=x" / "tables")
    with pytest.raises(PartitionPathError, match="platform"):
        tables.write(Creators, "creators", BERLIN, creators("a"))


def test_hidden_and_foreign_things_in_the_folders_are_passed_over(tables: Tables) -> None:
    path = tables.write(Creators, "creators", BERLIN, creators("a")).path
    (path.parent / ".part-0.parquet.1234.tmp").write_bytes(b"half a file")
    (path.parent.parent / ".DS_Store").write_bytes(b"x")
    (tables.root / "creators" / "campaign=empty" / "week=2026-11-16").mkdir(parents=True)
    assert tables.partitions("creators") == [BERLIN]
    assert tables.read(Creators, "creators")["handle"].to_list() == ["a"]


@pytest.mark.parametrize(
    ("table", "within"),
    [
        ("../creators", BERLIN),
        ("Creators", BERLIN),
        ("creators", ("campaign=../../x", "week=2026-11-16")),
        ("creators", ("campaign=jane@example.com",)),
        ("creators", ("campaign=a/b",)),
        ("creators", ("campaign=",)),
        ("creators", ("handle=jane",)),
        ("creators", ("week=2026-11-31",)),
        ("creators", ("week=2026-W47-1",)),
        ("creators", ("campaign=a", "campaign=b")),
        ("creators", ("campaign=a\n",)),
        ("creators", "campaign=a"),
    ],
)
def test_a_name_that_is_no_place_is_refused_without_being_repeated(
    tables: Tables, table: str, within: tuple[str, ...]
) -> None:
    for attempt in (
        lambda: tables.write(Creators, table, within, creators("a")),
        lambda: tables.scan(Creators, table, within),
        lambda: tables.partitions(table, within),
    ):
        with pytest.raises(PartitionPathError) as caught:
            attempt()
        assert "jane" not in str(caught.value)
    assert not tables.root.exists()


def test_a_table_cannot_have_a_column_and_a_folder_of_one_name(tables: Tables) -> None:
    class Shadowing(dy.Schema):
        campaign = dy.String(primary_key=True)

    frame = pl.DataFrame({"campaign": ["a"]})
    with pytest.raises(PartitionPathError, match="campaign"):
        tables.write(Shadowing, "shadowing", BERLIN, frame)
    tables.write(Shadowing, "shadowing", ("day=2026-11-16",), frame)
    assert tables.read(Shadowing, "shadowing").row(0) == ("a", date(2026, 11, 16))


# What follows needs a process that fails or dies in the middle of a write.

CHILD = """
import os, resource, sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_store import BERLIN, Creators, Tables, creators
tables = Tables({root!r})
many = creators(*(f"creator-{{n}}-{{hash((n, 1)):x}}" for n in range(20_000)))
"""


def child(tables: Tables, body: str, *wrapper: str) -> subprocess.Popen[str]:
    script = CHILD.format(tests=str(Path(__file__).parent), root=str(tables.root)) + textwrap.dedent(body)
    return subprocess.Popen(
        [*wrapper, sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


WRITE_AND_REPORT = """
try:
    tables.write(Creators, "creators", BERLIN, {rows})
except OSError as error:
    print(type(error).__name__, error.errno, error)
print([path.name for path in tables.root.rglob("*") if path.is_file()])
print(tables.read(Creators, "creators")["handle"].to_list())
"""


AT_ONCE_OR_IN_PORTIONS = pytest.mark.parametrize("rows", ["many", "many.sort('handle').iter_slices(5_000)"])


def refused_write(process: subprocess.Popen[str], errno: str) -> None:
    out, err = process.communicate(timeout=60)
    lines = out.splitlines()
    assert process.returncode == 0, err
    assert lines[0].startswith(f"PartitionWriteError {errno} ")
    assert "What was there before is intact" in lines[0]
    assert lines[1:] == ["['part-0.parquet']", "['old']"]


@AT_ONCE_OR_IN_PORTIONS
def test_a_file_that_may_not_grow_leaves_the_old_partition_and_nothing_else(tables: Tables, rows: str) -> None:
    tables.write(Creators, "creators", BERLIN, creators("old"))
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
    refused_write(child(tables, limit + WRITE_AND_REPORT.replace("{rows}", rows)), errno="27")


@AT_ONCE_OR_IN_PORTIONS
def test_a_full_disk_leaves_the_old_partition_and_nothing_else(tables: Tables, rows: str) -> None:
    tables.root.mkdir()
    mount = ["unshare", "--mount", "--map-root-user"]
    script = f'mount -t tmpfs -o size=64k tmpfs "{tables.root}" && exec "$@"'
    probe = subprocess.run([*mount, "sh", "-c", script, "sh", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("no small file system can be mounted here (needs Linux with user namespaces)")
    body = 'tables.write(Creators, "creators", BERLIN, creators("old"))\n' + WRITE_AND_REPORT.replace("{rows}", rows)
    refused_write(child(tables, body, *mount, "sh", "-c", script, "sh"), errno="28")


def test_a_folder_without_permission_is_told_as_such(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    tables.write(Creators, "creators", BERLIN, creators("old"))
    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(PartitionWriteError, match="could not write creators/campaign=berlin-fitness/week=2026-11-16"):
        tables.write(Creators, "creators", BERLIN, creators("new"))


@pytest.mark.parametrize("step", ["fsync", "write"])
def test_an_interrupt_while_writing_leaves_nothing_behind(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def interrupted(*_arguments: object) -> int:
        raise KeyboardInterrupt

    tables.write(Creators, "creators", BERLIN, creators("old"))
    with monkeypatch.context() as patch:
        patch.setattr(os, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            tables.write(Creators, "creators", BERLIN, creators("new"))
    assert [Path(name).name for name in files(tables)] == ["part-0.parquet"]
    assert tables.read(Creators, "creators")["handle"].to_list() == ["old"]


STOP_BEFORE_REPLACING = """
def stop(descriptor):
    print("written, not yet replaced", flush=True)
    time.sleep(60)
os.fsync = stop
tables.write(Creators, "creators", BERLIN, many)
"""


def test_a_writer_killed_in_the_middle_leaves_the_old_partition_and_its_leavings_are_swept(tables: Tables) -> None:
    tables.write(Creators, "creators", BERLIN, creators("old"))
    process = child(tables, STOP_BEFORE_REPLACING)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "written, not yet replaced\n"
        assert len(files(tables)) == 2
        assert tables.sweep() == 0, "the writer lives: its file is not left over"
        # A second writer of the same partition neither waits nor removes what the first is writing.
        tables.write(Creators, "creators", BERLIN, creators("second"))
        assert len(files(tables)) == 2
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    assert tables.read(Creators, "creators")["handle"].to_list() == ["second"]
    assert len(files(tables)) == 2
    tables.write(Creators, "creators", BERLIN, creators("third"))
    assert [Path(name).name for name in files(tables)] == ["part-0.parquet"]


def test_sweeping_reaches_partitions_that_are_not_written_again(tables: Tables) -> None:
    path = tables.write(Creators, "creators", BERLIN, creators("a")).path
    (path.parent / ".part-0.parquet.00ff.tmp").write_bytes(b"half")
    (path.parent / ".keep").write_bytes(b"")
    assert tables.sweep() == 1
    assert tables.sweep() == 0
    assert [Path(name).name for name in files(tables)] == [".keep", "part-0.parquet"]


def test_readers_that_race_a_writer_always_see_one_whole_generation(tables: Tables) -> None:
    process = child(
        tables,
        """
        for generation in range(400):
            rows = 100 + 37 * generation
            frame = creators(*(f"creator-{n}" for n in range(rows)), followers=rows)
            tables.write(Creators, "creators", BERLIN, frame)
            if generation == 0:
                print("begun", flush=True)
        """,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "begun\n"
        seen = set()
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            read = tables.read(Creators, "creators")
            assert read["followers"].unique().to_list() == [read.height]
            seen.add(read.height)
    finally:
        process.kill()
        process.communicate(timeout=60)
    assert len(seen) > 1, "the writer replaced nothing while we read"


def test_a_temporary_file_that_was_swept_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open
    stolen: list[str | Path] = []

    def swept_at_once(path: str | Path, flags: int, mode: int = 0o777) -> int:
        descriptor = real(path, flags, mode)
        if flags & os.O_CREAT and not stolen:
            stolen.append(path)
            Path(path).unlink()
        return descriptor

    monkeypatch.setattr(os, "open", swept_at_once)
    atomic.replace(tmp_path / "file", b"content")
    assert stolen
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"content"


# The digest.

FRAMES = st.lists(
    st.tuples(
        st.none() | st.text(max_size=5),
        st.none() | st.floats(),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.lists(st.none() | st.text(max_size=2), max_size=2),
    ),
    max_size=6,
)
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "real": pl.Float64,
    "whole": pl.Int64,
    "list": pl.List(pl.String),
}


def framed(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


@given(FRAMES, FRAMES)
def test_frames_have_one_digest_exactly_if_they_say_the_same(
    left: list[tuple[object, ...]], right: list[tuple[object, ...]]
) -> None:
    # repr tells NaN from null and 0.0 from -0.0, and lets NaN equal itself.
    assert (content_digest(framed(left)) == content_digest(framed(right))) == (repr(left) == repr(right))
    assert content_digest(framed(left)) == content_digest(framed(list(left)))


def test_the_digest_is_the_same_whatever_way_a_file_was_compressed_and_chunked(tmp_path: Path) -> None:
    frame = creators(*(f"creator-{n}" for n in range(1_000)))
    digests = {content_digest(frame), content_digest(pl.concat([frame[:10], frame[10:]], rechunk=False))}
    for compression in ("zstd", "snappy", "uncompressed"):
        frame.write_parquet(tmp_path / compression, compression=compression, row_group_size=100)
        digests.add(content_digest(pl.read_parquet(tmp_path / compression)))
    assert len(digests) == 1


def test_the_digest_is_that_of_a_text_that_anybody_can_write() -> None:
    frame = pl.DataFrame(
        {
            "a": ["ä", None],
            "b": [1.0, float("nan")],
            "c": [date(1970, 1, 2), None],
            "d": [b"\x00", None],
            "e": [[1.0, None], []],
            "f": [True, None],
        }
    )
    text = (
        '[["a", "String"], ["b", "Float64"], ["c", "Date"], ["d", "Binary"], ["e", "List(Float64)"], ["f", "Boolean"]]'
        '{"a":"ä","b":4607182418800017408,"c":1,"d":"00","e":[4607182418800017408,null],"f":true}\n'
        '{"a":null,"b":9221120237041090560,"c":null,"d":null,"e":[],"f":null}\n'
    )
    assert content_digest(frame) == sha256(text.encode()).hexdigest()
    assert content_digest(pl.DataFrame({"a": [Decimal("1.20")]})) != content_digest(
        pl.DataFrame({"a": [Decimal("1.21")]})
    )


@pytest.mark.parametrize(
    "other",
    [
        pl.DataFrame({"a": [1, 2]}, schema={"a": pl.Int32}),
        pl.DataFrame({"b": [1, 2]}),
        pl.DataFrame({"a": [2, 1]}),
        pl.DataFrame({"a": [1]}),
        pl.DataFrame({"a": [1, 2], "b": [None, None]}),
    ],
)
def test_names_types_order_and_columns_all_count(other: pl.DataFrame) -> None:
    assert content_digest(other) != content_digest(pl.DataFrame({"a": [1, 2]}))
