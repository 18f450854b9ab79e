"""What tables are built of: columns with a meaning, a unit and a personal-data class, and the origin of bought rows.

No table is declared here. Tables are in ``schemas`` and, by subject, in the modules beside it whose names end in
``_schemas``; all of them are listed in ``schemas``, where everybody else looks.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import dataframely as dy


class Personal(StrEnum):
    """How near a column comes to a person; every column states its class."""

    NONE = "none"
    INDIRECT = "indirect"  # says something about a creator who is named by another column
    DIRECT = "direct"  # names or locates a person by itself: a handle, a name
    SENSITIVE = "sensitive"  # inferred about health, ethnicity, belief and the like; off unless a brief asks for it


def about(unit: str = "", personal: Personal = Personal.NONE) -> dict[str, Any]:
    """The facts about a column that its type does not carry."""
    return {"unit": unit, "personal": str(personal)}


def text(description: str, personal: Personal = Personal.NONE, **options: Any) -> dy.String:
    """A column of text."""
    return dy.String(description=description, metadata=about(personal=personal), **options)


def platforms_id() -> dy.String:
    """A column of accounts' ids as their platform gave them: the same at every provider, and after a rename."""
    description = "The platform's own id of the account; null where the provider gives none."
    return text(description, Personal.DIRECT, nullable=True)


def providers_id() -> dy.String:
    """A column of accounts' ids as a provider made them up; the column ``provider`` says which."""
    return text("The account's id at this provider alone; nobody else knows it.", Personal.DIRECT, nullable=True)


def accounts_id() -> dy.String:
    """A column of account ids in this installation, made of the row itself."""
    description = (
        "The account's id in this installation; null where the row names none. `creator_accounts` says whose it is; "
        "one that rests on less than a native id may be `id_joined` to another in `account_changes`."
    )
    return text(description, Personal.INDIRECT, nullable=True)


def accounts_basis() -> dy.String:
    """A column that says on what the account id of a row rests."""
    return text("What `account_id` rests on: `native`, `provider` or, provisionally, `handle`.", nullable=True)


def count(description: str, unit: str, personal: Personal = Personal.INDIRECT) -> dy.Int64:
    """A column of counts, never negative; null where the provider does not say."""
    return dy.Int64(nullable=True, min=0, description=description, metadata=about(unit, personal))


def number(description: str, unit: str, *, nullable: bool = True, **bounds: Any) -> dy.Float64:
    """A column of numbers within `bounds` (``min``, ``max``)."""
    metadata = about(unit, Personal.INDIRECT)
    return dy.Float64(nullable=nullable, description=description, metadata=metadata, **bounds)


def flag(description: str) -> dy.Bool:
    """A column of true and false; null where the provider does not say."""
    return dy.Bool(nullable=True, description=description, metadata=about(personal=Personal.INDIRECT))


def moment(description: str, *, nullable: bool = False) -> dy.Datetime:
    """A column of instants in UTC."""
    return dy.Datetime(
        time_zone="UTC", time_unit="us", nullable=nullable, description=description, metadata=about("UTC")
    )


def money(description: str, *, nullable: bool = False) -> dy.Int64:
    """A column of credits, in microcredits."""
    return dy.Int64(nullable=nullable, description=description, metadata=about("microcredits"))


class Provenance(dy.Schema):
    """Where a row came from. Every table of bought data carries these columns."""

    provider = text("Provider that answered.")
    operation = text("Operation of the provider, e.g. `discovery`.")
    request_id = text("The ledger's id of the request that bought the answer; joins `credit_ledger`.")
    observed_at = moment("When the answer arrived.")
    response_sha256 = text("Digest of the answer's body in the archive.", min_length=64, max_length=64)
    cost_microcredits = money(
        "This row's share of what the answer cost when it was bought; in each table its rows add up to that."
    )
    run_id = text("Run that bought the answer, which need not be the run that wrote this row.")
    parser_version = text("Version of the code that made rows of the answer.")
