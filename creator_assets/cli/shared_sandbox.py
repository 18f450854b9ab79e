"""One sandbox for all commands of a checkout: the first command serves it, and others that run meanwhile use it.

Two sandboxes over one state file would each count for themselves, and each meter would show a part. Locks of the kernel
say which process serves it and which ones use it. A lock ends with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from creator_assets.cli.screen import show_note
from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.sandbox.server import START_TIMEOUT_SECONDS, SandboxStartError

POLL_SECONDS = 0.1


@contextmanager
def served(settings: SandboxSettings, state: Path) -> Iterator[str]:
    """The address of the sandbox over `state`, which this command or a running one serves.

    It answers for the length of the block.

    Raises:
        SandboxStartError: It did not start, or the command that serves it does not give its address.
    """
    server, users = (_opened(state.with_suffix(suffix)) for suffix in (".server", ".users"))
    try:
        address = _address_or_lock(server, users)
        if address is not None:
            yield address
            return
        with start_in_background(settings) as sandbox:
            os.pwrite(server, sandbox.base_url.encode(), 0)
            try:
                yield sandbox.base_url
            finally:
                os.ftruncate(server, 0)
                _wait_for_others(users)
    finally:
        os.close(users)
        os.close(server)


def _address_or_lock(server: int, users: int) -> str | None:
    """The address, with a shared lock of `users`; None with the lock of `server`, where no command serves it."""
    give_up_at = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < give_up_at:
        if _took(server, fcntl.LOCK_EX):
            os.ftruncate(server, 0)  # left by a process that was killed
            return None
        # First the lock, then the address: the server clears the address before it waits for the locks of users.
        if _took(users, fcntl.LOCK_SH):
            if address := os.pread(server, 200, 0).decode():
                return address
            fcntl.flock(users, fcntl.LOCK_UN)
        time.sleep(POLL_SECONDS)
    raise SandboxStartError(
        "starting the sandbox failed: another command holds it and neither serves it nor ends. End that command first"
    )


def _wait_for_others(users: int) -> None:
    is_noted = False
    while not _took(users, fcntl.LOCK_EX):
        if not is_noted:
            show_note("Another command uses this sandbox. It is served until that command ends. Ctrl-C ends it now.")
            is_noted = True
        time.sleep(POLL_SECONDS)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


def _took(file: int, kind: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        return True
    return False
