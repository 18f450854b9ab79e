"""The tables on disk: one Parquet file per partition, replaced as a whole, read lazily.

What belongs here: where a partition lies and how it is written and found again. Layout, with the table's own folder
first: ``<root>/<table>/campaign=<slug>/week=<date>/part-0.parquet``; a table without partitions has its file at once in
its folder. Partition values live in the path alone and appear as columns when a table is scanned (``week`` and ``day``
as dates, the others as text), so a table may not have a column of that name. What a table must look like is said in
``schemas``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import dataframely as dy
import msgspec
import polars as pl

from creator_assets.tables import atomic
from creator_assets.tables.digest import content_digest
from creator_assets.tables.encoding import encoded
from creator_assets.tables.validation import TableContractError

__all__ = ["PartitionPathError", "PartitionWriteError", "TableContractError", "Tables", "Written", "content_digest"]

PARTITION_TYPES: dict[str, type[pl.DataType]] = {
    "asset": pl.String,
    "campaign": pl.String,
    "week": pl.Date,
    "day": pl.Date,
}
"""What a folder may be named after, and the type of the column that it becomes."""

FILE_NAME = "part-0.parquet"

_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class PartitionPathError(ValueError):
    """A table or partition that cannot be a place in the store. The message never repeats it: it may be personal."""


class PartitionWriteError(OSError):
    """A partition could not be written; what was there before is intact."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A partition as it was written: its file, rows, size in bytes, and the digest of its content."""

    path: Path
    rows: int
    bytes: int
    digest: str


class Tables:
    """All tables under one folder."""

    def __init__(self, root: Path | str) -> None:
        """Use `root`, which is made with the first partition.

        Raises:
            PartitionPathError: A folder above it is named like a partition, so that each file would seem to lie in it.
        """
        self.root = Path(root).absolute()
        self._root_keys = _named_keys(self.root)
        if set(self._root_keys) & PARTITION_TYPES.keys():
            raise PartitionPathError("the tables cannot lie below a folder that is named like a partition (key=value)")

    def write(
        self,
        schema: type[dy.Schema],
        table: str,
        within: Sequence[str],
        rows: pl.DataFrame | Iterable[pl.DataFrame],
    ) -> Written:
        """Replace one partition, even by an empty one, all or nothing.

        Args:
            schema: The table's contract.
            table: Its name.
            within: The partition's folders, outermost first, such as
                ``("campaign=berlin-fitness", "week=2026-11-16")``; empty for a table without partitions.
            rows: The schema's columns in any order; others are left out. Where they are too many for the memory,
                portions of them, of which each begins after the last primary key of the one before.

        Raises:
            TableContractError: The rows do not fit the schema; the message names rules and counts, never values.
            PartitionPathError: The table or a folder has a name that it cannot have.
            PartitionWriteError: The file could not be written. The partition is as it was, nothing is left behind.
        """
        _refuse_shadowing(schema, (*self._root_keys, *_keys(within)))
        path = self._folder(table, within) / FILE_NAME
        made = encoded(schema, table, [rows] if isinstance(rows, pl.DataFrame) else rows)
        try:
            atomic.replace(path, made.content)
        except OSError as error:
            place = "/".join((table, *within))
            raise PartitionWriteError(
                error.errno,
                f"could not write {place} ({len(made.content):,} bytes): {error.strerror or 'unknown reason'}. What "
                "was there before is intact. Make room or permit writing there and run again: paid answers are "
                "archived",
            ) from error
        return Written(path=path, rows=made.rows, bytes=len(made.content), digest=made.digest)

    def scan(
        self, schema: type[dy.Schema], table: str, within: Sequence[str] = (), keys: Sequence[str] = ()
    ) -> pl.LazyFrame:
        """Read a table lazily: the schema's columns, then one for each partition folder.

        Filters on partition columns leave the other files unopened. Files of an older schema have null where a column
        is missing, and columns that the schema lost are ignored. Nothing is checked again: that was done on writing.

        Args:
            schema: The table's contract.
            table: Its name.
            within: Outermost folders to stay in, such as ``("campaign=berlin-fitness",)``; empty for the whole table.
            keys: The table's partition columns, such as ``("campaign", "week")``: needed only to have them in the
                result where nothing has been written yet.

        Raises:
            PartitionPathError: The table or a folder has a name that it cannot have.
        """
        folder = self._folder(table, within)
        # A table may hold partitions of different depth: rejected records of a weekly asset and of one without weeks.
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
        """Read a table, or the part of it that lies `within`, at once; see ``scan``."""
        return self.scan(schema, table, within, keys).collect()

    def exists(self, table: str, within: Sequence[str] = ()) -> bool:
        """Whether exactly this partition has been written, be it empty."""
        return (self._folder(table, within) / FILE_NAME).is_file()

    def partitions(self, table: str, within: Sequence[str] = ()) -> list[tuple[str, ...]]:
        """The folders of every partition that has been written, sorted; ``[()]`` for a table without partitions."""
        folder = self._folder(table, within)
        return [(*within, *below) for below in _partitions_below(folder)]

    def sweep(self) -> int:
        """Remove what writers that died have left anywhere in the store; the number of files removed.

        Each write does so in its own folder. This reaches partitions that are not written again.
        """
        folders = [folder for folder in self.root.rglob("*") if folder.is_dir()]
        return sum(atomic.sweep(folder) for folder in folders)

    def _folder(self, table: str, within: Sequence[str]) -> Path:
        if not _TABLE_NAME.fullmatch(table):
            raise PartitionPathError("a table is named with lower-case letters, digits and underscores")
        _keys(within)
        return self.root.joinpath(table, *within)


def _keys(within: Sequence[str]) -> tuple[str, ...]:
    """The names of partition folders, all of them checked."""
    keys = tuple(part.partition("=")[0] for part in within)
    if isinstance(within, str) or len(set(keys)) != len(keys) or not all(map(_is_folder, within)):
        known = ", ".join(PARTITION_TYPES)
        raise PartitionPathError(
            f"partition folders read key=value, each key once and one of {known}; a value is an ISO date for week and "
            "day, else lower-case letters, digits, hyphens and underscores"
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
    """The keys that a reader of hive partitions finds in a path, wherever in it they stand."""
    return tuple(part.partition("=")[0] for part in folder.parts if "=" in part)


def _refuse_shadowing(schema: type[dy.Schema], keys: Sequence[str]) -> None:
    """A column in the file and a folder of the same name would be two truths; Polars would show one of them."""
    shadowed = sorted(set(keys) & schema.columns().keys())
    if shadowed:
        raise PartitionPathError(f"the table has columns that its folders are named after: {', '.join(shadowed)}")


def _partitions_below(folder: Path) -> Iterator[tuple[str, ...]]:
    """The folders that lead to each file, sorted; whatever is hidden or has no partition's name is passed over."""
    if (folder / FILE_NAME).is_file():
        yield ()
    if folder.is_dir():
        for child in sorted(folder.iterdir()):
            if _is_folder(child.name) and child.is_dir():
                yield from ((child.name, *below) for below in _partitions_below(child))


def _scan_files(paths: Sequence[Path], schema: type[dy.Schema]) -> pl.LazyFrame:
    # Each file by name and with the schema given: so Polars opens it once. Left to list the folder, or to read the
    # schema first, it looks at a file twice, and one that is replaced in between reads as damaged.
    keys = _named_keys(paths[0].parent)
    return pl.scan_parquet(
        list(paths),
        glob=False,
        schema=_dtypes(schema),
        hive_partitioning=bool(keys),
        # Polars takes every `=` in the path for a partition, those above our root as well; the caller leaves these out.
        hive_schema={key: PARTITION_TYPES.get(key, pl.String) for key in keys} or None,
        missing_columns="insert",
        extra_columns="ignore",
        cast_options=pl.ScanCastOptions(integer_cast="upcast", float_cast="upcast", missing_struct_fields="insert"),
    )


def _dtypes(schema: type[dy.Schema]) -> dict[str, pl.DataType]:
    return {name: column.dtype for name, column in schema.columns().items()}
