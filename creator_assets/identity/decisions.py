"""The team's decisions about which accounts belong to one person: one YAML file of account ids.

This module checks the form of the file and reports every fault with file, line and field. ``people`` applies the
decisions; they override all evidence. Account ids reveal nothing outside this installation, so the file can be stored
beside the briefs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

import msgspec
import polars as pl

from creator_assets.checked_yaml import FaultList, YamlFault, YamlNode, compose_file, read, scalars

MAX_GROUPS = 10_000
MAX_ACCOUNTS = 30
_FORM = {"together": "[[…, …]]", "apart": "[[…, …]]"}
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SCHEMA = {"account_id": pl.String, "other_account_id": pl.String}

_Pair = tuple[str, str]


class DecisionsError(ValueError):
    """The decisions file cannot be used. The message has one line per fault."""

    def __init__(self, faults: Iterable[YamlFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of accounts, ``account_id`` and ``other_account_id``.

    Attributes:
        together: Pairs that belong to one person.
        apart: Pairs that belong to two people.
    """

    together: pl.DataFrame
    apart: pl.DataFrame


def read_decisions(path: Path | None) -> Decisions:
    """Read the decisions. Without a file there are none.

    Every entry is a list of account ids. In `together` all of them belong to one person. In `apart` no two of them do.

    Raises:
        DecisionsError: The file cannot be read or has a fault.
    """
    if path is None:
        return Decisions(together=pl.DataFrame(schema=_SCHEMA), apart=pl.DataFrame(schema=_SCHEMA))
    faults = FaultList(str(path))
    node = compose_file(path, faults, "the decisions", "CREATOR_ASSETS_DECISIONS")
    fields = YamlNode(node, "", faults).fields(_FORM) if node is not None else {}
    together = dict(_pairs(fields.get("together")))
    apart = dict(_pairs(fields.get("apart")))
    for pair in together.keys() & apart.keys():
        problem = f"two of these accounts are one person's in {together[pair].path}"
        apart[pair].refuse(problem, "Keep one of the two decisions")
    if faults:
        raise DecisionsError(faults.in_order())
    return Decisions(together=_frame(together), apart=_frame(apart))


def _pairs(node: YamlNode | None) -> Iterator[tuple[_Pair, YamlNode]]:
    for group in node.items(MAX_GROUPS) if node is not None else ():
        written = [_account_id(item) for item in group.items(MAX_ACCOUNTS)]
        ids = sorted(set(written) - {""})
        if len(ids) < 2 and "" not in written:
            group.refuse("fewer than two accounts", "Write two or more account ids from `creator_accounts`")
        yield from ((pair, group) for pair in combinations(ids, 2))


def _account_id(node: YamlNode) -> str:
    written = (read(node.marked(personal=True), scalars.text) or "").lower()
    if written and not _ID.fullmatch(written):
        node.refuse(
            "this is not an account id",
            "Copy the id from the column account_id of `creator_accounts`; a handle is not an id",
        )
        return ""
    return written


def _frame(pairs: Iterable[_Pair]) -> pl.DataFrame:
    return pl.DataFrame(sorted(pairs), schema=_SCHEMA, orient="row")
