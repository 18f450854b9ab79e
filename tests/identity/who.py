"""What the tests of who is who share: sightings with only what matters named, accounts, links, a secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from creator_assets.identity.evidence import LINK_SCHEMA
from creator_assets.identity.register import OBSERVATION_SCHEMA
from creator_assets.identity.secret import InstallationSecret

SECRET = InstallationSecret(b"0123456789abcdef0123456789abcdef")


def day(number: float) -> datetime:
    """A moment so many days after the beginning of the year."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


def sighting(platform: str, handle: str | None, on: float = 0, **known: Any) -> dict[str, Any]:
    """One observation; what is not named is unknown."""
    row: dict[str, Any] = dict.fromkeys(OBSERVATION_SCHEMA)
    return row | {"platform": platform, "handle": handle, "observed_at": day(on)} | known


def sightings(*rows: dict[str, Any]) -> pl.DataFrame:
    """Observations as a frame."""
    return pl.DataFrame(list(rows), schema=dict(OBSERVATION_SCHEMA))


def native(platform: str, native_id: str) -> str:
    """The id of an account with a native id."""
    return SECRET.pseudonym("account", platform, "native", "", native_id)


def accounts(platforms: Mapping[str, str], seen: Mapping[str, float] | None = None) -> pl.DataFrame:
    """Accounts by their ids, each with its platform and the day on which it was first seen."""
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
    """Links with a confidence, as one provider would state them."""
    rows = [(one, other, "stated", "somebody", confidence) for one, other, confidence in pairs]
    return pl.DataFrame(rows, schema=LINK_SCHEMA, orient="row")
