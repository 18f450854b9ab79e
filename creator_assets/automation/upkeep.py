"""What is done to the archive at night: old bodies move to Parquet segments. Nothing is asked of anybody.

The work itself is ``ledger.archive.compaction``; this is the job that Dagster runs.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of an op as they stand.

from datetime import timedelta

import dagster as dg

from creator_assets.resources import PaidClientResource

OLDER_THAN = timedelta(days=7)
"""Younger bodies may be looked up by every run of the week; those of weeks gone by are read by rebuilds alone."""


@dg.op(description="Moves bodies of answers older than a week to Parquet segments.")
def compact_archive(context: dg.OpExecutionContext, paid_client: PaidClientResource) -> None:
    """Compact, and say what moved; bodies in PostgreSQL stay there until a place is named for them."""
    try:
        ledger = paid_client.open().ledger
        if ledger.has_segment_store:
            context.log.info(str(ledger.compact_archive(older_than=OLDER_THAN)))
        else:
            context.log.info("Nothing was moved: CREATOR_ASSETS_ARCHIVE names no place for old answers.")
    finally:
        paid_client.close()


@dg.job(description="Old answers move to compressed segments and are found as before. Free.")
def archive_upkeep() -> None:
    """Compact the archive."""
    compact_archive()
