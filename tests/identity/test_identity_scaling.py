"""Work on all accounts grows in proportion to their number."""

from __future__ import annotations

import time
from collections.abc import Callable

import polars as pl
import pytest

from creator_assets.identity.evidence import email_links
from creator_assets.identity.tenures import is_outdated
from tests.identity.who import day

ACCOUNTS = 100_000
GROWTH_MAX = 2.6
"""The most that twice the accounts may cost in processor time: linear work costs 2.0 to 2.5 times as much, quadratic
work about 4 times."""
ATTEMPTS = 6
"""Other processes take the caches away and make single measurements worse. They do not halve the cost of anything."""


def handle_sightings(accounts: int) -> pl.DataFrame:
    """Four sightings of each account, in turn by two providers; the second provider reports the handle before."""
    rows = pl.DataFrame({"row": pl.int_range(4 * accounts, eager=True)})
    account, visit = pl.col("row") // 4, pl.col("row") % 4
    return rows.select(
        account_id=account.cast(pl.String),
        provider=pl.when(visit % 2 == 0).then(pl.lit("p")).otherwise(pl.lit("q")),
        handle=pl.format("{}_{}", account, pl.when(visit == 2).then(1).otherwise(0)),
        observed_at=pl.lit(day(0)) + pl.duration(seconds=pl.col("row")),
    )


def addresses(accounts: int) -> pl.DataFrame:
    """Every two accounts, on different platforms, show one address."""
    rows = pl.DataFrame({"row": pl.int_range(accounts, eager=True)})
    return rows.select(
        account_id=pl.col("row").cast(pl.String),
        platform=pl.when(pl.col("row") % 2 == 0).then(pl.lit("instagram")).otherwise(pl.lit("tiktok")),
        email_hash=(pl.col("row") // 2).cast(pl.String),
    )


@pytest.mark.parametrize(
    ("work", "rows_of"), [(is_outdated, handle_sightings), (email_links, addresses)], ids=["is_outdated", "email_links"]
)
def test_twice_the_accounts_cost_about_twice_the_processor_time(
    work: Callable[[pl.DataFrame], object], rows_of: Callable[[int], pl.DataFrame]
) -> None:
    few, many = rows_of(ACCOUNTS), rows_of(2 * ACCOUNTS)
    growths: list[float] = []
    while len(growths) < ATTEMPTS and min(growths, default=GROWTH_MAX) >= GROWTH_MAX:
        cost_few = cpu_seconds(work, few)
        growths.append(cpu_seconds(work, many) / cost_few)
    assert min(growths) < GROWTH_MAX


def cpu_seconds(work: Callable[[pl.DataFrame], object], rows: pl.DataFrame) -> float:
    before = time.process_time()
    work(rows)
    return time.process_time() - before
