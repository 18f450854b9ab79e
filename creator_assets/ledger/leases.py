"""Which process holds an attempt, and is it still alive?

An owner is one process on one machine, with a name that is never used twice. A process id alone is used again, so its
start time belongs to the name, and so do the boot and the process namespace: two containers may both have a process 1.
A dead process is known at once only on the same machine. Elsewhere its lease must run out.
"""

from __future__ import annotations

import functools
import os
import platform
import subprocess
from pathlib import Path

import msgspec


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """One process: the machine (host, boot, namespace), its id there and when it started."""

    machine: str
    pid: int
    started: str

    def __str__(self) -> str:
        """The name as it is in the books."""
        return f"{self.machine}:{self.pid}:{self.started}"


def parse_owner(text: str) -> Owner:
    """The owner behind a name in the books."""
    machine, pid, started = text.rsplit(":", 2)
    return Owner(machine=machine, pid=int(pid), started=started)


def this_process() -> Owner:
    """The calling process; a forked child is another owner than its parent."""
    return _owner(os.getpid())


def host_name() -> str:
    """This host's name, for messages to people."""
    return platform.node() or "this host"


def is_dead(text: str) -> bool | None:
    """Whether the owner is known to be dead (True), known to live (False), or on another machine (None)."""
    owner = parse_owner(text)
    if owner.machine != _machine():
        return None
    return _started(owner.pid) != owner.started


@functools.lru_cache(maxsize=4)
def _owner(pid: int) -> Owner:
    return Owner(machine=_machine(), pid=pid, started=_started(pid) or "unknown")


@functools.cache
def _machine() -> str:
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    parts = [platform.node() or "localhost"]
    if boot.exists():
        parts.append(boot.read_text(encoding="ascii").strip()[:8])
    if namespace.is_symlink():
        parts.append(str(namespace.readlink()).strip("pid:[]"))
    return "/".join(parts)


def _started(pid: int) -> str | None:
    """A text that differs between two processes that had the same id; None where there is no such process."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        # proc_pid_stat(5): the name may hold spaces and brackets, so that counting starts behind the last one.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in {"Z", "X"} else fields[19]  # the 22nd field of all: start time in clock ticks
    listed = subprocess.run(  # noqa: S603 - a fixed program and a number
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=10, check=False
    )
    return listed.stdout.strip().replace(":", ".") or None
