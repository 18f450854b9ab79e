"""Where a ledger may live, and what happens when the place is wrong, busy, full or gone."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from creator_assets.ledger.errors import LedgerBusyError, LedgerFullError, LedgerGoneError, LedgerUnusableError
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Granted
from creator_assets.ledger.storage import filesystems, sqlite
from creator_assets.ledger.storage.rows import Row
from tests.ledger.scenery import CREDIT, LedgerDriver, ManualClock, open_ledger, reading, response


class JournalMode(Row, frozen=True):
    journal_mode: str


class Synchronous(Row, frozen=True):
    synchronous: int


class SynchronousCommit(Row, frozen=True):
    synchronous_commit: str


class Fsync(Row, frozen=True):
    fsync: str


class PageCount(Row, frozen=True):
    page_count: int


def test_two_realms_never_share_a_place(target: str | Path) -> None:
    with Ledger.open(target, realm="live"):
        pass
    with pytest.raises(LedgerUnusableError, match=r"belongs to realm 'live', not 'sandbox-42'.*must not mix"):
        Ledger.open(target, realm="sandbox-42")


def test_two_processes_that_open_an_empty_place_at_once_make_one_ledger(target: str | Path) -> None:
    context = multiprocessing.get_context("spawn")
    openers = [context.Process(target=_open_once, args=(str(target),)) for _ in range(4)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(60)
    assert [opener.exitcode for opener in openers] == [0, 0, 0, 0]


def _open_once(target: str) -> None:
    with Ledger.open(target, realm="test") as ledger:
        assert ledger.check() == []


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    apsw.Connection(str(path)).execute("CREATE TABLE theirs (x)")
    with pytest.raises(LedgerUnusableError, match="no ledger"):
        Ledger.open(path, realm="test")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary, " * 1000)
    with pytest.raises(LedgerUnusableError, match=r"notes\.txt is no ledger"):
        Ledger.open(path, realm="test")


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "network_file_system", lambda _folder: "nfs4")
    with pytest.raises(LedgerUnusableError, match=r"network file system \(nfs4\).*postgresql://"):
        Ledger.open(tmp_path / "ledger.sqlite", realm="test")


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/share/deep/down", "nfs4"),
        ("/srv", "ext4"),
        ("/srv/with space", "cifs"),
        ("/srv/shared", "ext4"),
        ("/home/me", "zfs"),
    ],
)
def test_the_innermost_mount_decides(folder: str, kind: str) -> None:
    text = (
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "30 22 0:40 / /home rw - xfs /dev/sdb rw\n"
        "33 30 0:44 / /home rw - zfs tank/home rw\n"
        "31 22 0:41 / /srv/share rw shared:2 master:1 - nfs4 server:/x rw\n"
        "32 22 0:42 / /srv/with\\040space rw - cifs //server/y rw\n"
    )
    assert filesystems.kind_of(Path(folder), filesystems.parse_mountinfo(text)) == kind


def test_a_mac_tells_its_mounts_in_another_way() -> None:
    text = "/dev/disk3s1 on / (apfs, local)\n//me@host/share on /Volumes/my share (smbfs, nodev, mounted by me)\n"
    mounts = filesystems.parse_mount_output(text)
    assert filesystems.kind_of(Path("/Volumes/my share/x"), mounts) == "smbfs"
    assert filesystems.kind_of(Path("/Users/me"), mounts) == "apfs"


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")
    with pytest.raises(LedgerUnusableError, match=r"SQLite 3\.40\.1 can corrupt"):
        Ledger.open(tmp_path / "ledger.sqlite", realm="test")


def test_sqlite_synchronises_in_full_and_writes_ahead(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite", realm="test") as ledger:
        assert ledger._database.query(JournalMode, "PRAGMA journal_mode") == [JournalMode("wal")]
        assert ledger._database.query(Synchronous, "PRAGMA synchronous") == [Synchronous(2)]


def test_postgres_synchronises_every_commit(postgres_target: str) -> None:
    with Ledger.open(postgres_target, realm="test") as ledger:
        assert ledger._database.query(SynchronousCommit, "SHOW synchronous_commit") == [SynchronousCommit("on")]
        assert ledger._database.query(Fsync, "SHOW fsync") == [Fsync("on")]


def test_a_schema_name_that_is_none_is_refused() -> None:
    with pytest.raises(LedgerUnusableError, match="cannot name the schema"):
        Ledger.open("postgresql://nobody@localhost/x?schema=Robert';--", realm="test")


def test_a_server_that_is_not_there_is_reported_after_bounded_tries(clock: ManualClock) -> None:
    with pytest.raises(LedgerGoneError, match="PostgreSQL server of the ledger was lost or refused"):
        open_ledger("postgresql://nobody@127.0.0.1:1/none", clock)


def test_a_writer_that_waits_too_long_says_so(target: str | Path) -> None:
    with Ledger.open(target, realm="test") as holder:
        LedgerDriver(holder).budget(CREDIT)
        waiter = LedgerDriver(Ledger.open(target, realm="test", wait_seconds=0.2))
        with holder._database.write() as tx:
            tx.execute("SELECT 1")
            with pytest.raises(LedgerBusyError):
                waiter.budget(2 * CREDIT)
            assert waiter.ledger.look_up("key", waiter.window) is None, "readers do not wait"
        waiter.budget(3 * CREDIT)
        assert waiter.ledger.balances()[0].limit_microcredits == 3 * CREDIT
        waiter.ledger.close()


def waiters(gate: Path) -> int:
    """How many threads and processes wait in the kernel's queue for the lock of a file."""
    inode = f":{gate.stat().st_ino} "
    return sum("-> FLOCK" in line and inode in line for line in Path("/proc/locks").read_text().splitlines())


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="this system does not show who waits for a lock")
def test_writers_are_served_in_the_order_of_asking(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledgers = [Ledger.open(path, realm="test") for _ in range(4)]
    served: list[int] = []

    def write(number: int) -> None:
        with ledgers[number]._database.write():
            served.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in (1, 2, 3)]
    with ledgers[0]._database.write():
        for waiting, thread in enumerate(threads, start=1):
            thread.start()
            while waiters(path.with_name(f"{path.name}.gate")) < waiting:
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert served == [1, 2, 3]
    for ledger in ledgers:
        ledger.close()


def test_the_gate_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path, realm="test") as ledger:
        script = (
            "import sys, time\nfrom creator_assets.ledger.ledger import Ledger\n"
            f"ledger = Ledger.open({str(path)!r}, realm='test')\n"
            "with ledger._database.write():\n    print('in', flush=True)\n    time.sleep(60)\n"
        )
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"in\n"
            holder.kill()
            LedgerDriver(ledger).budget(CREDIT)
        assert ledger.check() == []


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system does not list its locks")
def test_a_second_opening_in_a_process_keeps_the_locks_of_the_first(tmp_path: Path, clock: ManualClock) -> None:
    """The system drops all locks of a process on a file as soon as the process closes any descriptor of the file."""
    path = tmp_path / "ledger.sqlite"

    def locks() -> int:
        inode = f":{path.stat().st_ino} "
        own = (line for line in Path("/proc/locks").read_text().splitlines() if inode in line)
        return sum(f" {os.getpid()} " in line for line in own)

    with open_ledger(path, clock) as first:
        LedgerDriver(first).budget(CREDIT)
        before = locks()
        assert before > 0
        with open_ledger(path, clock) as second:
            assert LedgerDriver(second).books() == (0, 0, 0)
            assert locks() >= before


def test_a_full_disk_rolls_back_and_is_named(tmp_path: Path, clock: ManualClock) -> None:
    with open_ledger(tmp_path / "ledger.sqlite", clock) as ledger:
        desk = LedgerDriver(ledger)
        desk.budget(10 * CREDIT)
        granted = desk.granted("key")
        body = random.Random(1).randbytes(200_000)  # noqa: S311 - bytes that do not compress
        (size,) = ledger._database.query(PageCount, "PRAGMA page_count")
        opened = ledger._database._opened  # type: ignore[attr-defined]
        opened.writer.execute(f"PRAGMA max_page_count = {size.page_count}")
        with pytest.raises(LedgerFullError, match="no space left"):
            ledger.settle(granted.attempt_id, reading(), response(body), clock())
        assert desk.books() == (0, CREDIT, 0)
        opened.writer.execute("PRAGMA max_page_count = 1000000")
        ledger.settle(granted.attempt_id, reading(), response(body), clock())
        assert desk.books() == (CREDIT, 0, 0)
        assert ledger.check() == []


def test_a_clock_set_back_is_noticed_and_every_rate_waits_one_window(desk: LedgerDriver, clock: ManualClock) -> None:
    from creator_assets.providers.contract.operations import Rate  # noqa: PLC0415

    rate = Rate(scope="plan", permits=2, per_seconds=60)
    desk.granted("a", rates=(rate,))
    clock.turn(hours=-1)
    granted = desk.granted("b", rates=(rate,))
    assert granted.send_at is not None
    assert timedelta(seconds=60) <= granted.send_at - clock() <= timedelta(seconds=61)
    assert [notice.level for notice in desk.ledger.notices()] == ["clock_set_back"]
    assert isinstance(desk.granted("c", rates=(rate,)), Granted)
    assert [notice.level for notice in desk.ledger.notices()] == ["clock_set_back"]


def test_a_ledger_that_was_moved_is_the_same_ledger(tmp_path: Path, clock: ManualClock) -> None:
    with open_ledger(tmp_path / "a" / "ledger.sqlite", clock) as ledger:
        desk = LedgerDriver(ledger)
        desk.budget(CREDIT)
        desk.pay("key")
    shutil.move(tmp_path / "a", tmp_path / "b")
    with open_ledger(tmp_path / "b" / "ledger.sqlite", clock) as ledger:
        assert LedgerDriver(ledger).books() == (CREDIT, 0, 0)
