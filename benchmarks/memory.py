"""The most memory that a process ever had, for benchmarks that start processes of their own."""

# ruff: noqa: INP001 - a script's part, not a package

from __future__ import annotations

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_mib() -> float:
    """Of this process. On Linux `getrusage` would begin with the memory of the process that started it."""
    if _STATUS.is_file():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
