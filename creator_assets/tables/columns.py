"""Constructors of columns with unit, meaning and personal-data class, and the provenance columns of bought rows.

Does not belong here: tables. The modules ``*_schemas`` define the tables by subject, and ``schemas`` lists all of them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import dataframely as dy


class Personal(StrEnum):
    """Personal-data class of a column."""

    NONE = "none"
    INDIRECT = "indirect"  # says something about a creator that another column names
    DIRECT = "direct"  # identifies or locates a person by itself: a handle, a name, a URL
    SENSITIVE = "sensitive"  # inferred health, ethnicity, belief and the like; empty unless a brief requests it


def about(unit: str = "", personal: Personal = Personal.NONE) -> dict[str, Any]:
    """Return the metadata of a column: unit and personal-data class."""
    return {"unit": unit, "personal": str(personal)}


def text(description: str, personal: Personal = Personal.NONE, **options: Any) -> dy.String:
    """Return a column of text."""
    return dy.String(description=description, metadata=about(personal=personal), **options)


def native_id_column() -> dy.String:
    """Return a column of the platform's own account ids. They are the same at every provider and survive a rename."""
    description = "The platform's own id of the account. Null if the provider gives none."
    return text(description, Personal.DIRECT, nullable=True)


def provider_id_column() -> dy.String:
    """Return a column of a provider's own account ids. The column ``provider`` names the provider."""
    return text("The provider's own id of the account. Other providers do not know it.", Personal.DIRECT, nullable=True)


def account_id_column() -> dy.String:
    """Return a column of this installation's account ids, computed from the row itself."""
    description = (
        "Id of the account in this installation. Null if the row names no account. `creator_accounts` gives its "
        "creator. `account_changes` may join a provisional id to another with `id_joined`."
    )
    return text(description, Personal.INDIRECT, nullable=True)


def account_basis_column() -> dy.String:
    """Return a column with the basis of the row's account id."""
    return text("Basis of `account_id`: `native`, `provider`, or `handle` (provisional).", nullable=True)


def count(description: str, unit: str, personal: Personal = Personal.INDIRECT) -> dy.Int64:
    """Return a column of counts, never negative. Null means that the provider does not say."""
    return dy.Int64(nullable=True, min=0, description=description, metadata=about(unit, personal))


def change(description: str, unit: str) -> dy.Int64:
    """Return a column of differences between two counts, which may be negative."""
    return dy.Int64(nullable=True, description=description, metadata=about(unit, Personal.INDIRECT))


def ordinal(
    description: str,
    unit: str,
    *,
    nullable: bool = False,
    personal: Personal = Personal.NONE,
    primary_key: bool = False,
) -> dy.Int64:
    """Return a column of numbers in an order, from 1."""
    metadata = about(unit, personal)
    return dy.Int64(nullable=nullable, min=1, primary_key=primary_key, description=description, metadata=metadata)


def number(description: str, unit: str, *, nullable: bool = True, **bounds: Any) -> dy.Float64:
    """Return a column of numbers within `bounds` (``min``, ``max``)."""
    metadata = about(unit, Personal.INDIRECT)
    return dy.Float64(nullable=nullable, description=description, metadata=metadata, **bounds)


def flag(description: str) -> dy.Bool:
    """Return a column of true and false. Null means that the provider does not say."""
    return dy.Bool(nullable=True, description=description, metadata=about(personal=Personal.INDIRECT))


def timestamp(
    description: str, *, nullable: bool = False, personal: Personal = Personal.NONE, **options: Any
) -> dy.Datetime:
    """Return a column of timestamps in UTC, to the microsecond."""
    metadata = about("UTC", personal)
    return dy.Datetime(
        time_zone="UTC", time_unit="us", nullable=nullable, description=description, metadata=metadata, **options
    )


def utc_day(description: str, **options: Any) -> dy.Date:
    """Return a column of UTC days."""
    return dy.Date(description=description, metadata=about("UTC day"), **options)


def microcredits(description: str, *, nullable: bool = False) -> dy.Int64:
    """Return a column of credits, in microcredits."""
    return dy.Int64(nullable=nullable, description=description, metadata=about("microcredits"))


class Provenance(dy.Schema):
    """Origin of a row. Every table of bought data has these columns."""

    provider = text("Provider of the response.")
    operation = text("Operation of the provider, e.g. `discovery`.")
    request_id = text("Id of the request in the ledger that bought the response. Joins `credit_ledger`.")
    observed_at = timestamp("Time of the response.")
    response_sha256 = text("Digest of the response's body in the archive.", min_length=64, max_length=64)
    cost_microcredits = microcredits(
        "Share of this row in the cost of the response. In each table, the rows of a response add up to its cost."
    )
    run_id = text("Run that bought the response. Another run may have written this row.")
    parser_version = text("Version of the code that parsed the response.")
