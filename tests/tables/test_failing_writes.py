"""Failing writes: killed processes, a full disk, and readers that race a writer."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from creator_assets.tables import atomic
from creator_assets.tables.store import PartitionWriteError, Tables
from tests.tables.creators import BERLIN, Creators, creators, files

CHILD = """
import os, resource, sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from creator_assets.tables.store import Tables
from creators import BERLIN, Creators, creators
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
    assert "The old files are intact" in lines[0]
    assert lines[1:] == ["['part-0.parquet']", "['old']"]


@pytest.mark.slow
@AT_ONCE_OR_IN_PORTIONS
def test_a_limit_on_file_size_leaves_the_old_partition_and_nothing_else(tables: Tables, rows: str) -> None:
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


def test_a_folder_without_permission_is_a_write_error_with_the_path(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
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


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_partition_and_its_hidden_file_is_swept(tables: Tables) -> None:
    tables.write(Creators, "creators", BERLIN, creators("old"))
    process = child(tables, STOP_BEFORE_REPLACING)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "written, not yet replaced\n"
        assert len(files(tables)) == 2
        assert tables.sweep() == 0, "the writer lives, so its file is no leftover"
        # A second writer of the same partition neither waits nor removes the hidden file of the first.
        tables.write(Creators, "creators", BERLIN, creators("second"))
        assert len(files(tables)) == 2
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    assert tables.read(Creators, "creators")["handle"].to_list() == ["second"]
    assert len(files(tables)) == 2
    tables.write(Creators, "creators", BERLIN, creators("third"))
    assert [Path(name).name for name in files(tables)] == ["part-0.parquet"]


def test_files_and_folders_of_tables_are_for_their_owner_alone(tmp_path: Path) -> None:
    Tables(tmp_path / "new").write(Creators, "creators", BERLIN, creators("old"))
    for path in (tmp_path / "new", *(tmp_path / "new").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_sweep_cleans_partitions_that_are_never_written_again(tables: Tables) -> None:
    path = tables.write(Creators, "creators", BERLIN, creators("a")).path
    (path.parent / ".part-0.parquet.00ff.tmp").write_bytes(b"half")
    (path.parent / ".keep").write_bytes(b"")
    assert tables.sweep() == 1
    assert tables.sweep() == 0
    assert [Path(name).name for name in files(tables)] == [".keep", "part-0.parquet"]


@pytest.mark.slow
def test_readers_that_race_a_writer_always_read_one_complete_version(tables: Tables) -> None:
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


def test_a_hidden_file_that_was_swept_before_its_lock_is_created_again(
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
