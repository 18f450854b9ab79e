"""A file that is either wholly the old one or wholly the new one, whenever power, disk or process fails.

The new content goes to a hidden file beside the old one, is synced, and takes the old one's name in one step. While it
is being written the hidden file is locked; the lock ends with its process, so that a hidden file that nobody locks is
known to be left over. What is in the file is nobody's business here.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SUFFIX = ".tmp"


def replace(path: Path, content: bytes | memoryview) -> None:
    """Put `content` at `path`, atomically and durably; folders are made as needed.

    Raises:
        OSError: It could not be written. What was at `path` before is still there, and nothing is left behind.
    """
    _make_folder(path.parent)
    sweep(path.parent)
    temporary, descriptor = _create_locked(path)
    try:
        try:
            _write_all(descriptor, memoryview(content))
            os.fsync(descriptor)
            temporary.replace(path)
        finally:
            os.close(descriptor)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def sweep(folder: Path) -> int:
    """Remove the hidden files that writers left in `folder` when they died; the number of them."""
    removed = 0
    for leftover in folder.glob(f".*{_SUFFIX}"):
        with suppress(OSError), _opened(leftover) as descriptor:
            # Refused at once while the writer lives, in whatever container or process namespace it does.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()
            removed += 1
    return removed


def _create_locked(path: Path) -> tuple[Path, int]:
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_SUFFIX}")
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A sweep may have come between creating and locking; then the name is gone and we begin again.
            if temporary.exists():
                return temporary, descriptor
        except BaseException:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
            raise
        os.close(descriptor)


def _write_all(descriptor: int, content: memoryview) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _make_folder(folder: Path) -> None:
    """Make the folder so that it is still there after a power failure."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in reversed(missing):
        _sync_folder(made.parent)


def _sync_folder(folder: Path) -> None:
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
