"""Atomic replacement of a file: after a failure of power, disk or process, the file is either the old or the new one.

The new content goes to a hidden file in the same folder. The hidden file is synced and then renamed. Its writer holds a
lock on it until the process ends. A hidden file without a lock is therefore a leftover of a dead writer. The content of
the file does not belong here.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

_SUFFIX = ".tmp"
OWNER_ALONE = 0o600
"""The mode of a new file. Tables hold personal data: who else may read them is for their owner to say."""
OWNER_FOLDER = 0o700


def replace(path: Path, content: bytes | memoryview) -> None:
    """Write `content` to `path`, atomically and durably; create folders as needed.

    Raises:
        OSError: The write failed. The old file at `path` is unchanged, and no hidden file is left.
    """
    replace_all([(path, content)])


def replace_all(files: Sequence[tuple[Path, bytes | memoryview]]) -> None:
    """Write several files. All contents are on disk before the first old file is replaced.

    Raises:
        OSError: A write failed. All old files are unchanged, and no hidden file is left.
    """
    with ExitStack() as hidden:
        ready = [(path, hidden.enter_context(_written(path, content))) for path, content in files]
        for path, temporary in ready:
            temporary.replace(path)
    for folder in dict.fromkeys(path.parent for path, _ in files):
        _sync_folder(folder)


@contextmanager
def _written(path: Path, content: bytes | memoryview) -> Iterator[Path]:
    """A hidden file beside `path` with the content, synced; removed at the end where nobody renamed it."""
    _make_folder(path.parent)
    sweep(path.parent)
    temporary, descriptor = _create_locked(path)
    try:
        _write_all(descriptor, memoryview(content))
        os.fsync(descriptor)
        yield temporary
    finally:
        os.close(descriptor)
        temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> int:
    """Remove the hidden files of dead writers in `folder` and return their number."""
    removed = 0
    for leftover in folder.glob(f".*{_SUFFIX}"):
        with suppress(OSError), _opened(leftover) as descriptor:
            # Fails immediately while the writer lives, in any container or process namespace.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()
            removed += 1
    return removed


def _create_locked(path: Path) -> tuple[Path, int]:
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_SUFFIX}")
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, OWNER_ALONE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A sweep between creation and lock may have removed the file. Then start again.
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
    """Create the folder durably, so that it survives a power failure."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for made in reversed(missing):
        made.mkdir(mode=OWNER_FOLDER, exist_ok=True)
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
