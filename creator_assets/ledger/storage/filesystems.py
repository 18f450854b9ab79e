"""Whether a folder is on a network file system, where SQLite's write-ahead log is unsafe.

Only the answer belongs here, not what to do about it. Linux says so in ``/proc/self/mountinfo``, macOS through
``mount``. Where neither can be read, the folder counts as local: refusing every unknown system would help nobody.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

NETWORK_KINDS = frozenset(
    {"9p", "afs", "afpfs", "ceph", "cifs", "coda", "davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs"}
    | {"fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs", "webdav"}
)


def network_file_system(folder: Path) -> str | None:
    """The name of the network file system that `folder` is on, or None."""
    mountinfo = Path("/proc/self/mountinfo")
    if mountinfo.exists():
        mounts = parse_mountinfo(mountinfo.read_text(encoding="utf-8", errors="replace"))
    else:
        mounts = parse_mount_output(_mount_output())
    kind = kind_of(folder.resolve(), mounts)
    return kind if kind in NETWORK_KINDS else None


def kind_of(folder: Path, mounts: list[tuple[str, str]]) -> str | None:
    """The kind of the innermost of `mounts` that holds `folder`.

    Each is a mount point with its kind. Of two on the same point the later one counts: it hides the other.
    """
    holding = [(len(point), order, kind) for order, (point, kind) in enumerate(mounts) if folder.is_relative_to(point)]
    return max(holding)[2] if holding else None


def parse_mountinfo(text: str) -> list[tuple[str, str]]:
    """Mount points and kinds from the text of ``/proc/self/mountinfo`` (proc_pid_mountinfo(5))."""
    mounts = []
    for line in text.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if separator and len(fields) > 4:
            mounts.append((_unescape(fields[4]), after.split(" ")[0]))
    return mounts


def parse_mount_output(text: str) -> list[tuple[str, str]]:
    """Mount points and kinds from what ``mount`` prints on macOS: ``//host/share on /Volumes/share (smbfs, ...)``."""
    return [(point, kind) for point, kind in re.findall(r"^.+? on (/.*) \((\w+)[,)]", text, flags=re.MULTILINE)]


def _unescape(point: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), point)


def _mount_output() -> str:
    try:
        return subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
