"""Processor time grows in proportion to the number of accounts."""

from __future__ import annotations

import time

import polars as pl

from creator_assets.identity.handle_ownership import is_outdated
from tests.identity.sample_rows import day

ACCOUNTS = 100_000
GROWTH_MAX = 2.6
"""Largest processor time for twice the accounts, relative to the time before. Linear work needs 2.0 to 2.4, quadratic
work needs 3.5 to 4."""
ATTEMPTS = 4
"""Other processes slow single measurements down. One good attempt shows that the work is linear."""


def observations(accounts: int) -> pl.DataFrame:
    """Four observations of each account by two providers. The second provider still reports the old handle."""
    rows = pl.DataFrame({"row": pl.int_range(4 * accounts, eager=True)})
    account, visit = pl.col("row") // 4, pl.col("row") % 4
    return rows.select(
        account_id=account.cast(pl.String),
        provider=pl.when(visit % 2 == 0).then(pl.lit("p")).otherwise(pl.lit("q")),
        handle=pl.format("{}_{}", account, pl.when(visit == 2).then(1).otherwise(0)),
        observed_at=pl.lit(day(0)) + pl.duration(seconds=pl.col("row")),
    )


def cpu_seconds(rows: pl.DataFrame) -> float:
    """Processor time of all threads, so that waiting for a busy machine does not count."""
    before = time.process_time()
    is_outdated(rows)
    return time.process_time() - before


def test_twice_the_accounts_need_about_twice_the_processor_time() -> None:
    few, many = observations(ACCOUNTS), observations(2 * ACCOUNTS)
    growths: list[float] = []
    while len(growths) < ATTEMPTS and min(growths, default=GROWTH_MAX) >= GROWTH_MAX:
        before = cpu_seconds(few)
        growths.append(cpu_seconds(many) / before)
    assert min(growths) < GROWTH_MAX
