"""One sandbox for all commands of a checkout: the first one serves it, those that run meanwhile use the same.

Two of them over one file of state would each count on their own, and a meter would tell the half. Locks of the kernel
say who serves and who uses it: they end with their process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from creator_assets.cli.screen import remark
from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.sandbox.server import START_TIMEOUT_SECONDS, SandboxStartError

LOOK_SECONDS = 0.1


@contextmanager
def served(settings: SandboxSettings, state: Path) -> Iterator[str]:
    """The address of the sandbox over `state`, started here or by a command that runs.

    It answers while the block lasts.

    Raises:
        SandboxStartError: It did not start, or the command that serves it does not say where.
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
    """Where a running command serves it, with a share in `users`; None where nobody does, with the lock of `server`."""
    give_up_at = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < give_up_at:
        if _took(server, fcntl.LOCK_EX):
            os.ftruncate(server, 0)  # of a process that was killed
            return None
        # The share first, then the address: who serves takes the address away before it looks for shares.
        if _took(users, fcntl.LOCK_SH):
            if address := os.pread(server, 200, 0).decode():
                return address
            fcntl.flock(users, fcntl.LOCK_UN)
        time.sleep(LOOK_SECONDS)
    raise SandboxStartError(
        "the sandbox is held by another command that neither serves it nor ends: end that one first"
    )


def _wait_for_others(users: int) -> None:
    is_said = False
    while not _took(users, fcntl.LOCK_EX):
        if not is_said:
            remark("Another command uses this sandbox: it is served until that one has ended. Ctrl-C ends it now.")
            is_said = True
        time.sleep(LOOK_SECONDS)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


def _took(file: int, kind: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        return True
    return False
