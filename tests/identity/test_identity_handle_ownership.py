"""Handle ownership is compared with a row-by-row reference, for random observations."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from creator_assets.identity.handle_ownership import is_outdated, ownership_periods
from tests.identity.sample_rows import day

SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("account_id", "platform", "provider", "handle"), pl.String),
    "observed_at": pl.Datetime("us", "UTC"),
}
Row = dict[str, Any]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from("12"),
            "platform": st.sampled_from("xy"),
            "provider": st.sampled_from([None, "p", "q"]),
            "handle": st.sampled_from([None, "a", "b", "c"]),
            "observed_at": st.integers(0, 7).map(day),
        }
    ),
    max_size=14,
)
MANY = settings(max_examples=150)


def frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


def in_order(rows: list[Row]) -> list[tuple[int, Row]]:
    """The rows with a handle and their positions, sorted by time and handle."""
    shown = [(position, row) for position, row in enumerate(rows) if row["handle"] is not None]
    return sorted(shown, key=lambda one: (one[1]["observed_at"], one[1]["handle"]))


def outdated_rows(rows: list[Row]) -> list[bool]:
    """`is_outdated`, one row after the other."""
    outdated = [False] * len(rows)
    first_seen_at: dict[tuple[str, str], datetime] = {}
    newest_at: dict[str, datetime] = {}
    first_handle: dict[tuple[str, str | None], str] = {}
    has_changed: set[tuple[str, str | None]] = set()
    for position, row in in_order(rows):
        account, handle = row["account_id"], row["handle"]
        observer = account, row["provider"]
        seen_at = first_seen_at.setdefault((account, handle), row["observed_at"])
        newest_at[account] = max(seen_at, newest_at.get(account, seen_at))
        if first_handle.setdefault(observer, handle) != handle:
            has_changed.add(observer)
        outdated[position] = observer not in has_changed and newest_at[account] > seen_at
    return outdated


def periods(rows: list[Row]) -> list[Row]:
    """`ownership_periods`, one row after the other."""
    found: list[Row] = []
    for account in sorted({(row["platform"], row["account_id"]) for row in rows}):
        own: list[Row] = []
        for _, row in in_order([row for row in rows if (row["platform"], row["account_id"]) == account]):
            if own and own[-1]["handle"] == row["handle"]:
                own[-1]["last_seen_at"] = row["observed_at"]
            else:
                own.append(
                    {
                        "platform": row["platform"],
                        "account_id": row["account_id"],
                        "handle": row["handle"],
                        "first_seen_at": row["observed_at"],
                        "last_seen_at": row["observed_at"],
                        "previous": None,
                        "previous_seen_at": None,
                        "next_seen_at": None,
                    }
                )
        for before, after in pairwise(own):
            after |= {"previous": before["handle"], "previous_seen_at": before["last_seen_at"]}
            before["next_seen_at"] = after["first_seen_at"]
        found += own
    return found


@MANY
@given(rows=ROWS)
def test_outdated_observations_are_those_of_the_reference(rows: list[Row]) -> None:
    assert is_outdated(frame(rows)).to_list() == outdated_rows(rows)


@MANY
@given(rows=ROWS)
def test_ownership_periods_are_those_of_the_reference(rows: list[Row]) -> None:
    assert ownership_periods(frame(rows)).to_dicts() == periods(rows)


def test_a_first_handle_is_outdated_once_another_provider_saw_a_newer_one() -> None:
    rows = [
        {"account_id": "1", "platform": "x", "provider": provider, "handle": handle, "observed_at": day(on)}
        for on, provider, handle in [(0, "p", "a"), (0, "q", "a"), (1, "p", "b"), (2, "q", "a"), (3, "q", "b")]
    ]
    assert outdated_rows(rows) == is_outdated(frame(rows)).to_list() == [False, False, False, True, False]
