"""Processor time grows in proportion to the number of accounts."""

from __future__ import annotations

import time
from collections.abc import Callable

import polars as pl
import pytest

from creator_assets.identity.evidence import email_links
from creator_assets.identity.handle_ownership import is_outdated
from tests.identity.sample_rows import day

ACCOUNTS = 100_000
GROWTH_MAX = 2.6
"""Largest processor time for twice the accounts, relative to the time before. Linear work needs 2.0 to 2.5, quadratic
work needs 3.5 to 4."""
ATTEMPTS = 6
"""Other processes slow single measurements down. One good attempt shows that the work is linear."""


def handle_sightings(accounts: int) -> pl.DataFrame:
    """Four observations of each account by two providers. The second provider still reports the old handle."""
    rows = pl.DataFrame({"row": pl.int_range(4 * accounts, eager=True)})
    account, visit = pl.col("row") // 4, pl.col("row") % 4
    return rows.select(
        account_id=account.cast(pl.String),
        provider=pl.when(visit % 2 == 0).then(pl.lit("p")).otherwise(pl.lit("q")),
        handle=pl.format("{}_{}", account, pl.when(visit == 2).then(1).otherwise(0)),
        observed_at=pl.lit(day(0)) + pl.duration(seconds=pl.col("row")),
    )


def addresses(accounts: int) -> pl.DataFrame:
    """Accounts in pairs. Both accounts of a pair show one address, on different platforms."""
    rows = pl.DataFrame({"row": pl.int_range(accounts, eager=True)})
    return rows.select(
        account_id=pl.col("row").cast(pl.String),
        platform=pl.when(pl.col("row") % 2 == 0).then(pl.lit("instagram")).otherwise(pl.lit("tiktok")),
        email_hash=(pl.col("row") // 2).cast(pl.String),
    )


@pytest.mark.parametrize(
    ("work", "rows_of"), [(is_outdated, handle_sightings), (email_links, addresses)], ids=["is_outdated", "email_links"]
)
def test_twice_the_accounts_need_about_twice_the_processor_time(
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
