"""The nightly job of the archive: it moves old bodies to Parquet segments, and sends nothing to a provider.

How bodies move belongs to ``ledger.archive.compaction``.
"""

# No `from __future__ import annotations`: Dagster reads the annotations of an op as they stand.

from contextlib import closing
from datetime import timedelta

import dagster as dg

from creator_assets.resources import PaidClientResource

OLDER_THAN = timedelta(days=7)
"""Every run of the week may read younger bodies; only rebuilds read those of earlier weeks."""


@dg.op(description="Moves bodies of answers older than a week to Parquet segments.")
def compact_archive(context: dg.OpExecutionContext, paid_client: PaidClientResource) -> None:
    """Compact, and log what moved. Bodies in PostgreSQL stay there until a place for segments is set."""
    with closing(paid_client):
        ledger = paid_client.open().ledger
        if ledger.has_segment_store:
            context.log.info(str(ledger.compact_archive(older_than=OLDER_THAN)))
        else:
            context.log.info("Nothing was moved. Set CREATOR_ASSETS_ARCHIVE to a place for old answers.")


@dg.job(description="Moves old answers to compressed segments, where runs find them as before. Free.")
def archive_upkeep() -> None:
    """Compact the archive."""
    compact_archive()
