"""Audiences: who follows the best of the shortlist, as one row per account and one per share.

The free question whether a report is there comes before a provider's dear call, and only what is there is bought. What
a provider does not have is asked of the next, as ``falling_through`` says. What is still in the making is a row that
says so and when to look again; a later run of the same week buys it then.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import polars as pl

from creator_assets.assets.account_ids import with_ids
from creator_assets.assets.choosing import ranked_reports
from creator_assets.assets.falling_through import Told, buy
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.purchase import Asked, by_reader, purpose_of, read_upstream, save
from creator_assets.assets.table_asset import table_asset
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.contract import Answer
from creator_assets.providers.records import Parsed
from creator_assets.resources import CampaignBriefs, Door, Identity, ParquetTables
from creator_assets.tables import schemas

GROUP = "audiences"
# A report has hundreds of segments: making thousands at once would take several times the memory of their rows.
REPORTS_AT_A_TIME = 200


def report_rows(asked: Sequence[Asked], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """The rows of `audience_reports`.

    Args:
        asked: Who was asked for each.
        answers: For each the answers that tell most: those of the report where it was bought, of the free question
            where it was not.
    """
    return [rows(some).reports for rows, some in by_reader(asked, answers, at_a_time=REPORTS_AT_A_TIME)]


def segment_rows(told: Sequence[Told], *, keep_sensitive: bool = False) -> Iterator[Parsed]:
    """The rows of `audience_segments`, those of some accounts at a time, in the order of the accounts.

    Args:
        told: What was answered of each account, by whoever was asked last.
        keep_sensitive: Whether inferred ethnicity becomes rows.
    """
    in_order = sorted(told, key=lambda one: one.account)
    for start in range(0, len(in_order), REPORTS_AT_A_TIME):
        some = in_order[start : start + REPORTS_AT_A_TIME]
        made = [
            rows(of_reader, keep_sensitive=keep_sensitive).segments
            for rows, of_reader in by_reader([one.option for one in some], [one.answers for one in some])
        ]
        yield Parsed(rows=pl.concat([one.rows for one in made]), rejected=pl.concat([one.rejected for one in made]))


def build_audiences(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign."""

    @table_asset(GROUP, partitions=weeks, deps=["shortlist"], spends_credits=True)
    def audience_reports(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        door: Door,
        tables: ParquetTables,
        identity: Identity,
    ) -> dg.MaterializeResult[None]:
        """One row per account: its audience report or why there is none yet; the shares stand in `audience_segments`.

        Whether a report is there is asked for free before it is paid for. Waiting reports are rows with the time of
        the next look.
        """
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign, secret = briefs[partition.campaign], identity.secret()
            audiences = campaign.audiences
            shortlist = read_upstream(tables, schemas.Shortlist, "shortlist", partition)
            wanted = ranked_reports(campaign, shortlist, door.settings())
            purpose = purpose_of(
                context, partition, audiences.max_age if audiences else timedelta(0), takes_refusals=True
            )
            bought = buy(wanted, lambda pages: door.fetch(pages, purpose), report_rows)
            segments = segment_rows(bought.told, keep_sensitive=bool(audiences and audiences.keep_sensitive_because))
            also = save(tables, door, schemas.AudienceSegments, "audience_segments", partition, segments,
                        bought.tally, in_portions=True)  # fmt: skip
            reports = with_ids(bought.parsed, secret)
            metadata = save(tables, door, schemas.AudienceReports, "audience_reports", partition, reports, bought.tally)
            return metadata | {
                "states": states_of(reports),
                "segments": also["dagster/partition_row_count"],
                "segments_path": also["path"],
                "segments_digest": also["content_digest"],
                "segments_rejected": also["rejected_records"],
                "sensitive_kept_because": audiences.keep_sensitive_because if audiences else "",
            }

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [audience_reports]


def states_of(parsed: Sequence[Parsed]) -> dict[str, int]:
    """How many rows are in which state."""
    return dict(sorted(Counter(state for one in parsed for state in one.rows["state"]).items()))
