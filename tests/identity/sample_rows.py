"""Builders of rows for the identity tests: observations, accounts, links, and a fixed secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from creator_assets.identity.evidence import LINK_SCHEMA
from creator_assets.identity.people import People, find_people
from creator_assets.identity.register import OBSERVATION_SCHEMA
from creator_assets.identity.secret import InstallationSecret

Link = tuple[str, str, float]
SECRET = InstallationSecret(b"0123456789abcdef0123456789abcdef")


def day(number: float) -> datetime:
    """The time this many days after the start of 2026."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


def observation(platform: str, handle: str | None, on: float = 0, **known: Any) -> dict[str, Any]:
    """One observation. Columns that are not given are null."""
    row: dict[str, Any] = dict.fromkeys(OBSERVATION_SCHEMA)
    return row | {"platform": platform, "handle": handle, "observed_at": day(on)} | known


def observations(*rows: dict[str, Any]) -> pl.DataFrame:
    """Observations as a frame."""
    return pl.DataFrame(list(rows), schema=dict(OBSERVATION_SCHEMA))


def native(platform: str, native_id: str) -> str:
    """The id of an account with a native id."""
    return SECRET.pseudonym("account", platform, "native", "", native_id)


def accounts(platforms: Mapping[str, str], seen: Mapping[str, float] | None = None) -> pl.DataFrame:
    """Accounts with their platforms by id, and the day when each was first seen (by default in the given order)."""
    days = seen or {one: position for position, one in enumerate(platforms)}
    return pl.DataFrame(
        {
            "account_id": list(platforms),
            "platform": list(platforms.values()),
            "founding_id": list(platforms),
            "first_seen_at": [day(days[one]) for one in platforms],
        },
        schema={
            **dict.fromkeys(("account_id", "platform", "founding_id"), pl.String),
            "first_seen_at": pl.Datetime("us", "UTC"),
        },
    )


def links(pairs: Iterable[tuple[str, str, float]]) -> pl.DataFrame:
    """Links between two accounts with a confidence, all from one provider."""
    rows = [(one, other, "stated", "somebody", confidence) for one, other, confidence in pairs]
    return pl.DataFrame(rows, schema=LINK_SCHEMA, orient="row")


def profile(account_id: str, platform: str, **known: Any) -> dict[str, Any]:
    """One profile. Columns that are not given are null."""
    empty = dict.fromkeys(("handle", "native_id", "display_name", "biography", "followers"))
    return empty | {"account_id": account_id, "platform": platform} | known


def profiles(*rows: dict[str, Any]) -> pl.DataFrame:
    """Profiles as a frame."""
    text = dict.fromkeys(("account_id", "platform", "handle", "native_id", "display_name", "biography"), pl.String)
    return pl.DataFrame(list(rows), schema={**text, "followers": pl.Int64})


def people_of(platforms: dict[str, str], given_links: list[Link], **options: object) -> People:
    """The people among accounts with these platforms and links."""
    return find_people(accounts(platforms), links(given_links), SECRET, **options)  # type: ignore[arg-type]


def creators(people: People) -> dict[str, str]:
    """The creator of each account."""
    return dict(people.accounts.select("account_id", "creator_id").iter_rows())
