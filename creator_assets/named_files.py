"""Files that a user names, read within bounds: a pipe or a device would block for ever, or fill the memory."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class UnfitFileError(OSError):
    """The path leads to no regular file, or to one that is too large. ``strerror`` says which."""

    def __init__(self, why: str, path: Path) -> None:
        super().__init__(errno.EINVAL, why, str(path))


def read_start(path: Path, at_most_bytes: int) -> bytes:
    """The first bytes of a regular file; all of them where it has no more.

    Raises:
        UnfitFileError: It is no regular file.
        OSError: It cannot be read.
    """
    # Without waiting: opening a pipe waits for its writer. What was opened is looked at, so nobody can swap it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnfitFileError("it is no regular file", path)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(at_most_bytes)


def read_named(path: Path, at_most_bytes: int) -> bytes:
    """The content of a regular file.

    Raises:
        UnfitFileError: It is no regular file, or has more than `at_most_bytes`.
        OSError: It cannot be read.
    """
    content = read_start(path, at_most_bytes + 1)
    if len(content) > at_most_bytes:
        raise UnfitFileError(f"it has more than {at_most_bytes:,} bytes", path)
    return content
