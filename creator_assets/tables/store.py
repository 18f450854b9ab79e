"""The store of the tables: one Parquet file per partition. Writes replace a whole file, reads are lazy.

Belongs here: paths, writing and reading of partitions. A file is at
``<root>/<table>/campaign=<slug>/week=<date>/part-0.parquet``; a table without partitions has its file directly in its
folder. Partition values exist only in the path. A scan adds them as columns (``week`` and ``day`` as dates, the others
as text), so no table may have a column with such a name. ``schemas`` defines the columns of the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import dataframely as dy
import msgspec
import polars as pl

from creator_assets.tables import atomic
from creator_assets.tables.digest import content_digest
from creator_assets.tables.encoding import Encoded, encoded
from creator_assets.tables.validation import TableContractError

__all__ = ["PartitionPathError", "PartitionWriteError", "TableContractError", "Tables", "Written", "content_digest"]

PARTITION_TYPES: dict[str, type[pl.DataType]] = {
    "asset": pl.String,
    "campaign": pl.String,
    "week": pl.Date,
    "day": pl.Date,
    "start": pl.Date,
}
"""The allowed partition keys, each with the type of its column."""

FILE_NAME = "part-0.parquet"

_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class PartitionPathError(ValueError):
    """An invalid name of a table or partition. The message never repeats the name: it may be personal."""


class PartitionWriteError(OSError):
    """The write of a partition failed; the old file is intact."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A written partition: its file, number of rows, size in bytes, and the digest of its content."""

    path: Path
    rows: int
    bytes: int
    digest: str


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A checked and encoded partition that is not written yet."""

    path: Path
    file: Encoded


class Tables:
    """All tables under one folder."""

    def __init__(self, root: Path | str) -> None:
        """Use the folder `root`; the first write creates it.

        Raises:
            PartitionPathError: A folder above it has the name of a partition, so every file would appear to be in it.
        """
        self.root = Path(root).absolute()
        self._root_keys = _named_keys(self.root)
        if set(self._root_keys) & PARTITION_TYPES.keys():
            raise PartitionPathError("the tables cannot be below a folder with the name of a partition (key=value)")

    def write(
        self,
        schema: type[dy.Schema],
        table: str,
        within: Sequence[str],
        rows: pl.DataFrame | Iterable[pl.DataFrame],
    ) -> Written:
        """Replace one partition atomically. `rows` may be empty.

        Args:
            schema: Schema of the table.
            table: Name of the table.
            within: Folders of the partition, outermost first, such as
                ``("campaign=berlin-fitness", "week=2026-11-16")``; empty for a table without partitions.
            rows: The schema's columns in any order; other columns are dropped. Rows that exceed the memory come in
                portions. Each portion starts after the last primary key of the portion before.

        Raises:
            TableContractError: The rows do not fit the schema. The message has rules and counts, never values.
            PartitionPathError: The name of the table or of a folder is invalid.
            PartitionWriteError: The write failed. The old partition is unchanged, and no other file is left.
        """
        return self.replace([self.prepared(schema, table, within, rows)])[0]

    def prepared(
        self,
        schema: type[dy.Schema],
        table: str,
        within: Sequence[str],
        rows: pl.DataFrame | Iterable[pl.DataFrame],
    ) -> Prepared:
        """Check and encode one partition, for `replace`; writes nothing. Arguments and errors are those of `write`."""
        _refuse_shadowing(schema, (*self._root_keys, *_keys(within)))
        path = self._folder(table, within) / FILE_NAME
        file = encoded(schema, table, [rows] if isinstance(rows, pl.DataFrame) else rows)
        return Prepared(path=path, file=file)

    def replace(self, partitions: Sequence[Prepared]) -> list[Written]:
        """Replace several partitions together: where one cannot be written, all of them keep their old file.

        Raises:
            PartitionWriteError: The write failed. The old files are unchanged, and no other file is left.
        """
        try:
            atomic.replace_all([(one.path, one.file.content) for one in partitions])
        except OSError as error:
            places = " and ".join(str(one.path.parent.relative_to(self.root)) for one in partitions)
            size = sum(len(one.file.content) for one in partitions)
            raise PartitionWriteError(
                error.errno,
                f"could not write {places} ({size:,} bytes): {error.strerror or 'unknown reason'}. The old files are "
                "intact. Free disk space or allow writing there, then run again: it buys nothing twice, because the "
                "archive has the paid responses",
            ) from error
        return [
            Written(path=one.path, rows=one.file.rows, bytes=len(one.file.content), digest=one.file.digest)
            for one in partitions
        ]

    def remove(self, table: str, within: Sequence[str]) -> None:
        """Remove one partition, if it exists, and its folder."""
        folder = self._folder(table, within)
        (folder / FILE_NAME).unlink(missing_ok=True)
        with suppress(OSError):  # not there, or something else lies in it
            folder.rmdir()

    def scan(
        self, schema: type[dy.Schema], table: str, within: Sequence[str] = (), keys: Sequence[str] = ()
    ) -> pl.LazyFrame:
        """Scan a table lazily: the schema's columns, then one column per partition key.

        A filter on partition columns opens only the matching files. In files of an older schema, missing columns are
        null and removed columns are ignored. A scan does not validate: `write` did.

        Args:
            schema: Schema of the table.
            table: Name of the table.
            within: Outermost folders to read, such as ``("campaign=berlin-fitness",)``; empty for the whole table.
            keys: Partition keys of the table, such as ``("campaign", "week")``. They give the result its columns
                before the first write.

        Raises:
            PartitionPathError: The name of the table or of a folder is invalid.
        """
        folder = self._folder(table, within)
        # Partitions may differ in depth: `rejected` has partitions of assets with and without weeks.
        below: dict[tuple[str, ...], list[Path]] = {}
        for parts in _partitions_below(folder):
            below.setdefault(_keys(parts), []).append(folder.joinpath(*parts, FILE_NAME))
        deepest_first = sorted(below, key=len, reverse=True)
        inner = dict.fromkeys(
            key for named in deepest_first or [tuple(keys)] for key in named if key not in _keys(within)
        )
        columns = (*_keys(within), *inner)
        _refuse_shadowing(schema, (*self._root_keys, *columns))
        if not below:
            return pl.LazyFrame(schema=_dtypes(schema) | {key: PARTITION_TYPES[key] for key in columns})
        frames = [
            _scan_files(paths, schema).select(*_dtypes(schema), *_keys(within), *named)
            for named, paths in below.items()
        ]
        frame = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal")
        return frame.select(*_dtypes(schema), *columns)

    def read(
        self, schema: type[dy.Schema], table: str, within: Sequence[str] = (), keys: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Read a table, or the part `within`, into memory; see ``scan``."""
        return self.scan(schema, table, within, keys).collect()

    def exists(self, table: str, within: Sequence[str] = ()) -> bool:
        """Whether exactly this partition exists, even if it is empty."""
        return (self._folder(table, within) / FILE_NAME).is_file()

    def partitions(self, table: str, within: Sequence[str] = ()) -> list[tuple[str, ...]]:
        """Return the folders of every existing partition, sorted; ``[()]`` for a table without partitions."""
        folder = self._folder(table, within)
        return [(*within, *below) for below in _partitions_below(folder)]

    def sweep(self) -> int:
        """Remove the leftovers of dead writers in the whole store and return the number of removed files.

        Each write cleans its own folder. This method also cleans partitions that are never written again.
        """
        folders = [folder for folder in self.root.rglob("*") if folder.is_dir()]
        return sum(atomic.sweep(folder) for folder in folders)

    def _folder(self, table: str, within: Sequence[str]) -> Path:
        if not _TABLE_NAME.fullmatch(table):
            raise PartitionPathError("a table's name has only lower-case letters, digits and underscores")
        _keys(within)
        return self.root.joinpath(table, *within)


def _keys(within: Sequence[str]) -> tuple[str, ...]:
    """Return the keys of validated partition folders."""
    keys = tuple(part.partition("=")[0] for part in within)
    if isinstance(within, str) or len(set(keys)) != len(keys) or not all(map(_is_folder, within)):
        known = ", ".join(PARTITION_TYPES)
        raise PartitionPathError(
            f"a partition folder is key=value. Each key is one of {known}, and occurs once. The value of week, "
            "day and start is an ISO date; other values have only lower-case letters, digits, hyphens and underscores"
        )
    return keys


def _is_folder(part: str) -> bool:
    key, _, value = part.partition("=")
    if PARTITION_TYPES.get(key) is not pl.Date:
        return key in PARTITION_TYPES and _WORD.fullmatch(value) is not None
    try:
        return _DATE.fullmatch(value) is not None and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _named_keys(folder: Path) -> tuple[str, ...]:
    """Return the keys that a reader of hive partitions finds anywhere in a path."""
    return tuple(part.partition("=")[0] for part in folder.parts if "=" in part)


def _refuse_shadowing(schema: type[dy.Schema], keys: Sequence[str]) -> None:
    """Refuse a schema with a column that is also a partition key. Polars would return only one of them."""
    shadowed = sorted(set(keys) & schema.columns().keys())
    if shadowed:
        raise PartitionPathError(f"the table has columns with the names of its partition keys: {', '.join(shadowed)}")


def _partitions_below(folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield the folders of each file, sorted. Hidden folders, and folders without a partition's name, are skipped."""
    if (folder / FILE_NAME).is_file():
        yield ()
    if folder.is_dir():
        for child in sorted(folder.iterdir()):
            if _is_folder(child.name) and child.is_dir():
                yield from ((child.name, *below) for below in _partitions_below(child))


def _scan_files(paths: Sequence[Path], schema: type[dy.Schema]) -> pl.LazyFrame:
    # With explicit file names and an explicit schema, Polars opens each file once. Otherwise it opens a file twice, and
    # a file that is replaced in between appears damaged.
    keys = _named_keys(paths[0].parent)
    return pl.scan_parquet(
        list(paths),
        glob=False,
        schema=_dtypes(schema),
        hive_partitioning=bool(keys),
        # Polars treats every `key=value` in the path as a partition, also above our root. The caller drops those.
        hive_schema={key: PARTITION_TYPES.get(key, pl.String) for key in keys} or None,
        missing_columns="insert",
        extra_columns="ignore",
        cast_options=pl.ScanCastOptions(integer_cast="upcast", float_cast="upcast", missing_struct_fields="insert"),
    )


def _dtypes(schema: type[dy.Schema]) -> dict[str, pl.DataType]:
    return {name: column.dtype for name, column in schema.columns().items()}
