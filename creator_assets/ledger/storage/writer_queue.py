"""The gate in front of a ledger's file: writers queue at a lock file, which the kernel serves in order.

What belongs here: the queue and nothing of what is written behind it. SQLite's own busy handler polls, and lets some
processes starve; this lock is fair, and free again the moment its holder is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import weakref
from pathlib import Path
from queue import SimpleQueue

from creator_assets.ledger.errors import LedgerBusyError


class WriterQueue:
    """A lock file at which writers queue. Fair, and free again the moment its holder dies."""

    def __init__(self, path: Path, wait_seconds: float) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._queue: _Queue | None = None
        # A forked child shares the lock itself, not a copy of it: while it kept the descriptor, our death would free
        # nothing.
        gate = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _close_in_child(gate))

    def enter(self) -> None:
        """Wait for one's turn.

        Raises:
            LedgerBusyError: It did not come in time.
        """
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if self._queue is None:
            self._queue = _Queue(self._file)
        if self._queue.enter(self._wait_seconds):
            return
        # The thread in the kernel's queue still sits on this descriptor; queue anew with another one next time.
        self._file, self._queue = os.open(self._path, os.O_RDWR | os.O_CLOEXEC), None
        raise LedgerBusyError(
            f"waited {self._wait_seconds:g} s for the write gate of the ledger ({self._path.name}): another process "
            "holds it and does not finish; look for one that is stopped or swapped out"
        )

    def leave(self) -> None:
        """Let the next one in."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the lock file back; nobody enters by this gate again."""
        if self._queue is not None:
            self._queue.close()
        os.close(self._file)


class _Queue:
    """A thread that queues in the kernel for us: flock() knows no timeout, and polling would lose the place.

    It lives as long as its descriptor, for starting a thread costs as much as a short transaction.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._wanted: SimpleQueue[threading.Lock | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._given_up = False
        threading.Thread(target=self._serve, daemon=True, name="ledger-gate").start()

    def enter(self, wait_seconds: float) -> bool:
        """Wait for the lock; False where it did not come in time, after which this queue is of no use any more."""
        entered = threading.Lock()
        entered.acquire()
        self._wanted.put(entered)
        if entered.acquire(timeout=wait_seconds):
            return True
        with self._guard:
            if entered.acquire(blocking=False):
                return True
            self._given_up = True
        return False

    def close(self) -> None:
        self._wanted.put(None)

    def _serve(self) -> None:
        while (entered := self._wanted.get()) is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            with self._guard:
                if self._given_up:
                    os.close(self._file)  # gives the lock back, too
                    return
                entered.release()


def _close_in_child(reference: weakref.ref[WriterQueue]) -> None:
    if (gate := reference()) is not None:
        gate.close()
