"""Where old bodies go: immutable Parquet files, on a local disk or in an object store, named by what they hold.

A segment is written once, read back in full and only then referred to; writing the same bodies again makes the same
file. Which bodies move, and the change of their rows, is the business of ``compaction.py``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

_FIELDS: list[tuple[str, pa.DataType]] = [("sha256", pa.string()), ("body", pa.binary())]
_SCHEMA = pa.schema(_FIELDS)
# Reading one body means reading one row group.
_ROWS_PER_GROUP = 256


class SegmentReader(Protocol):
    """Reads one body out of a segment; None where it is not there any more."""

    def __call__(self, segment: str, sha256: str) -> bytes | None:
        """The body as it arrived, not yet checked."""
        ...


class SegmentStore:
    """A folder or bucket prefix of segments.

    Args:
        root: A local path, or a URI that Arrow can open (``s3://bucket/prefix``, ``gs://...``).
    """

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        if "://" in self.root:
            self._files, self._base = pafs.FileSystem.from_uri(self.root)
        else:
            self._files, self._base = pafs.LocalFileSystem(), str(Path(root).absolute())

    def write(self, bodies: Sequence[tuple[str, bytes]]) -> str:
        """Write bodies (hash, bytes) as one segment and return its name."""
        ordered = sorted(bodies)
        name = f"bodies-{hashlib.sha256(''.join(sha256 for sha256, _ in ordered).encode()).hexdigest()[:32]}.parquet"
        table = pa.table(
            {"sha256": [sha256 for sha256, _ in ordered], "body": [body for _, body in ordered]}, schema=_SCHEMA
        )
        if isinstance(self._files, pafs.LocalFileSystem):
            self._write_local(table, Path(self._base) / name)
        else:
            with self._files.open_output_stream(self._path(name)) as sink:  # an object appears whole or not at all
                _write_table(table, sink)
        return name

    @staticmethod
    def _write_local(table: pa.Table, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        hidden = path.with_name(f".{path.name}.{os.getpid()}")
        with hidden.open("wb") as sink:
            _write_table(table, sink)
            sink.flush()
            os.fsync(sink.fileno())
        hidden.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self, segment: str, sha256: str) -> bytes | None:
        """One body of a segment, not yet checked; None where the segment or the body is missing or unreadable."""
        try:
            with self._files.open_input_file(self._path(segment)) as source, pq.ParquetFile(source) as file:
                for group in range(file.metadata.num_row_groups):
                    bounds = file.metadata.row_group(group).column(0).statistics
                    if bounds is not None and bounds.has_min_max and not str(bounds.min) <= sha256 <= str(bounds.max):
                        continue
                    table = file.read_row_group(group)
                    row = pc.index(table["sha256"], sha256).as_py()
                    if row >= 0:
                        return bytes(table["body"][row].as_py())
        except (OSError, pa.ArrowException):
            return None
        return None

    def bodies(self, segment: str) -> Iterator[tuple[str, bytes]]:
        """Every body of a segment, a row group at a time, as it lies on disk.

        Raises:
            OSError: The segment is missing.
            pyarrow.ArrowException: It cannot be read.
        """
        with self._files.open_input_file(self._path(segment)) as source, pq.ParquetFile(source) as file:
            for group in range(file.metadata.num_row_groups):
                table = file.read_row_group(group)
                yield from zip(table["sha256"].to_pylist(), table["body"].to_pylist(), strict=True)

    def _path(self, name: str) -> str:
        return f"{self._base.rstrip('/')}/{name}"


def _write_table(table: pa.Table, sink: Any) -> None:
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=3,
        row_group_size=_ROWS_PER_GROUP,
        use_dictionary=False,
        write_page_index=True,
        write_page_checksum=True,
    )
