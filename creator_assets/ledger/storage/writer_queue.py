"""The queue of writers in front of a SQLite file: a lock file, which the kernel serves in order.

SQLite's own busy handler polls, and lets some processes starve. This lock is fair, and free again as soon as its holder
is killed. What is written under it does not belong here.
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
    """A lock file at which writers queue. Fair, and free again as soon as its holder dies."""

    def __init__(self, path: Path, wait_seconds: float) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._queue: _Queue | None = None
        # A forked child shares the lock itself, not a copy of it: while it kept the descriptor, the death of its parent
        # would not free the lock.
        queue = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _close_in_child(queue))

    def enter(self) -> None:
        """Wait for the lock.

        Raises:
            LedgerBusyError: It was not free in time.
        """
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if self._queue is None:
            self._queue = _Queue(self._file)
        if self._queue.enter(self._wait_seconds):
            return
        # The thread in the kernel's queue still uses this descriptor; the next call queues with another one.
        self._file, self._queue = os.open(self._path, os.O_RDWR | os.O_CLOEXEC), None
        raise LedgerBusyError(
            f"waited {self._wait_seconds:g} s for the other writers of the ledger ({self._path.name}): another process "
            "holds it and does not finish; look for one that is stopped or swapped out"
        )

    def leave(self) -> None:
        """Let the next writer in."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the lock file. This queue cannot be used again."""
        if self._queue is not None:
            self._queue.close()
        os.close(self._file)


class _Queue:
    """A thread that waits in the kernel's queue: flock() has no timeout, and polling would lose the place in it.

    It lives as long as its descriptor, since starting a thread costs as much as a short transaction.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._waiting: SimpleQueue[threading.Lock | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._given_up = False
        threading.Thread(target=self._serve, daemon=True, name="ledger-writer-queue").start()

    def enter(self, wait_seconds: float) -> bool:
        """Wait for the lock. False where it was not free in time; this queue cannot be used after that."""
        entered = threading.Lock()
        entered.acquire()
        self._waiting.put(entered)
        if entered.acquire(timeout=wait_seconds):
            return True
        with self._guard:
            if entered.acquire(blocking=False):
                return True
            self._given_up = True
        return False

    def close(self) -> None:
        self._waiting.put(None)

    def _serve(self) -> None:
        while (entered := self._waiting.get()) is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            with self._guard:
                if self._given_up:
                    os.close(self._file)  # frees the lock, too
                    return
                entered.release()


def _close_in_child(reference: weakref.ref[WriterQueue]) -> None:
    if (queue := reference()) is not None:
        queue.close()
