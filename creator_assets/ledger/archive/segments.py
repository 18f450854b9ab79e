"""Segments: immutable Parquet files of old bodies, on a local disk or in an object store, named by their content.

A segment is written once, read back in full, and only then referred to. Writing the same bodies again makes the same
file. A body that is missing or damaged may be bought again; one that cannot be reached now may not. Which bodies move
belongs to ``compaction.py``.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from creator_assets.ledger.archive.object_store import ObjectStore, open_object_store
from creator_assets.ledger.errors import ArchiveUnreachableError

_FIELDS: list[tuple[str, pa.DataType]] = [("sha256", pa.string()), ("body", pa.binary())]
_SCHEMA = pa.schema(_FIELDS)
# Reading one body means reading one row group.
_ROWS_PER_GROUP = 256
# A partition's answers are spread over a segment, which is in the order of hashes: as much as one segment is cached.
_CACHE_BYTES = 64 * 1024 * 1024
_CACHE_FOOTERS = 256
Bounds = tuple[tuple[str, str] | None, ...]
T = TypeVar("T")


class SegmentReader(Protocol):
    """Reads one body out of a segment; None where it is missing."""

    def __call__(self, segment: str, sha256: str) -> bytes | None:
        """The body as it arrived, not yet checked."""
        ...


class SegmentStore:
    """A folder or bucket prefix of segments. Safe to use from several threads.

    Args:
        root: A local path, or the URI of an object store (``s3://bucket/prefix``); see ``object_store.py``.
        folder: Where segments are that were written before there was an object store. Left out, `root` where that is
            a folder.
    """

    def __init__(self, root: str | Path, folder: str | Path | None = None) -> None:
        self.root = str(root)
        self._store = open_object_store(root)
        self._folder = open_object_store(folder) if folder is not None else None if self._store.uri else self._store
        self._elsewhere: dict[str, ObjectStore] = {}
        self._cache = _Cache()

    def write(self, bodies: Sequence[tuple[str, bytes]]) -> str:
        """Write bodies (hash, bytes) as one segment. Returns its name, with the address where it is in a store.

        Raises:
            ArchiveUnreachableError: It cannot be written.
        """
        ordered = sorted(bodies)
        name = f"bodies-{hashlib.sha256(''.join(sha256 for sha256, _ in ordered).encode()).hexdigest()[:32]}.parquet"
        table = pa.table(
            {"sha256": [sha256 for sha256, _ in ordered], "body": [body for _, body in ordered]}, schema=_SCHEMA
        )
        try:
            if isinstance(self._store.files, pafs.LocalFileSystem):
                _write_local(table, Path(self._store.base) / name)
                return name
            with self._store.files.open_output_stream(f"{self._store.base}/{name}") as sink:
                _write_table(table, sink)  # an object appears whole or not at all
        except OSError as error:
            raise _unreachable(self._store.uri or self._store.base, "written", error) from error
        return f"{self._store.uri}/{name}"

    def read(self, segment: str, sha256: str) -> bytes | None:
        """One body of a segment, not yet checked; None where the segment or the body is missing or damaged.

        Raises:
            ArchiveUnreachableError: The segment may exist, and cannot be read now.
        """
        bounds = self._cache.footers.get(segment)
        if bounds is None and (bounds := self._footer(segment)) is None:
            return None
        for group, limits in enumerate(bounds):
            if limits is not None and not limits[0] <= sha256 <= limits[1]:
                continue
            table = self._cache.group(segment, group) or self._group(segment, group)
            if table is None:
                return None
            row = pc.index(table["sha256"], sha256).as_py()
            if row >= 0:
                return bytes(table["body"][row].as_py())
        return None

    def bodies(self, segment: str) -> Iterator[tuple[str, bytes]]:
        """Every body of a segment, a row group at a time. Nothing comes from the cache.

        Raises:
            OSError: The segment is missing or cannot be reached.
            pyarrow.ArrowException: It cannot be read.
        """
        store, path = self._locate(segment)
        with store.files.open_input_file(path) as source, pq.ParquetFile(source) as file:
            for group in range(file.metadata.num_row_groups):
                table = file.read_row_group(group)
                yield from zip(table["sha256"].to_pylist(), table["body"].to_pylist(), strict=True)

    def forget(self) -> None:
        """Empty the cache, so that everything is read anew."""
        self._cache = _Cache()

    def _footer(self, segment: str) -> Bounds | None:
        return self._opened(segment, lambda file: self._cache.put_footer(segment, _bounds(file)))

    def _group(self, segment: str, group: int) -> pa.Table | None:
        return self._opened(segment, lambda file: self._cache.put_group(segment, group, file.read_row_group(group)))

    def _opened(self, segment: str, read: Callable[[pq.ParquetFile], T]) -> T | None:
        """What `read` takes from the file; None where that is missing or no sound Parquet."""
        store, path = self._locate(segment)
        try:
            source = store.files.open_input_file(path)
        except FileNotFoundError:
            _require_surroundings(store, path)
            return None
        except OSError as error:
            raise _unreachable(segment, "read", error) from error
        with closing(_Watched(source)) as watched:
            try:
                with pq.ParquetFile(pa.PythonFile(watched, mode="r")) as file:
                    return read(file)
            except (OSError, pa.ArrowException):
                # A file that is damaged fails as well, but reading its bytes does not.
                if watched.lost is not None:
                    raise _unreachable(segment, "read", watched.lost) from watched.lost
                return None

    def _locate(self, segment: str) -> tuple[ObjectStore, str]:
        scheme, is_remote, path = segment.partition("://")
        if not is_remote:
            if self._folder is None:
                nowhere = FileNotFoundError("it was written to a folder that this ledger does not know")
                raise _unreachable(segment, "read", nowhere)
            return self._folder, f"{self._folder.base}/{segment}"
        if self._store.uri.startswith(f"{scheme}://"):
            return self._store, path
        root = segment.rpartition("/")[0]
        if root not in self._elsewhere:
            self._elsewhere[root] = open_object_store(root)
        return self._elsewhere[root], path


class _Cache:
    """The row groups that were used last and the bounds of their hashes, limited in bytes."""

    def __init__(self) -> None:
        self.footers: dict[str, Bounds] = {}
        self._groups: OrderedDict[tuple[str, int], pa.Table] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def put_footer(self, segment: str, bounds: Bounds) -> Bounds:
        with self._lock:
            if len(self.footers) >= _CACHE_FOOTERS:
                self.footers.clear()
            self.footers[segment] = bounds
        return bounds

    def group(self, segment: str, group: int) -> pa.Table | None:
        with self._lock:
            table = self._groups.get((segment, group))
            if table is not None:
                self._groups.move_to_end((segment, group))
            return table

    def put_group(self, segment: str, group: int, table: pa.Table) -> pa.Table:
        with self._lock:
            if (segment, group) not in self._groups:
                self._groups[segment, group] = table
                self._bytes += table.nbytes
            while self._bytes > _CACHE_BYTES and len(self._groups) > 1:
                self._bytes -= self._groups.popitem(last=False)[1].nbytes
        return table


class _Watched(io.RawIOBase):
    """A file that remembers an error of reading its bytes, even where Arrow hides it."""

    def __init__(self, source: pa.NativeFile) -> None:
        super().__init__()
        self._source = source
        self.lost: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._source.read(size if size >= 0 else None))
        except OSError as error:
            self.lost = error
            raise

    def seek(self, position: int, whence: int = 0) -> int:
        return int(self._source.seek(position, whence))

    def tell(self) -> int:
        return int(self._source.tell())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._source.close()
        super().close()


def _require_surroundings(store: ObjectStore, path: str) -> None:
    """Raise unless the folder or bucket of a missing segment is there: only then is the segment lost."""
    try:
        if store.surrounds(path):
            return
    except OSError as error:
        raise _unreachable(path, "read", error) from error
    raise _unreachable(path, "read", FileNotFoundError("there is no such folder or bucket"))


def _bounds(file: pq.ParquetFile) -> Bounds:
    """The least and the greatest hash of each row group, None where the file does not say."""
    all_statistics = (file.metadata.row_group(n).column(0).statistics for n in range(file.metadata.num_row_groups))
    return tuple(
        (str(found.min), str(found.max)) if found is not None and found.has_min_max else None
        for found in all_statistics
    )


def _unreachable(what: str, done: str, error: OSError) -> ArchiveUnreachableError:
    # Arrow's text says the operation and the path; more than a server's first line is of no use here.
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return ArchiveUnreachableError(
        f"the archive's {what} cannot be {done} ({reason}). Nothing was bought in its place. Check "
        "CREATOR_ASSETS_ARCHIVE, the network and the keys of the object store, then run it again."
    )


def _write_local(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as sink:
        _write_table(table, sink)
        sink.flush()
        os.fsync(sink.fileno())
    hidden.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


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
