"""Audiences: who follows the best of the shortlist, as one row per account and one per share.

A report can cost twenty times a profile, so the free question whether it is there comes first, and only what is there
is bought. What is still in the making is a row that says so and when to look again; a later run of the same week buys
it then.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.account_ids import with_ids
from creator_assets.assets.choosing import best_of, chosen_for
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.purchase import purpose_of, read_upstream, save
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Audiences, Campaign
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.audiences import AudienceRows
from creator_assets.providers.capabilities import Capability, Kind, capability_or_none
from creator_assets.providers.contract import Answer, Pages
from creator_assets.providers.records import Parsed
from creator_assets.providers.statements import DataReadiness
from creator_assets.resources import CampaignBriefs, Door, Identity, ParquetTables
from creator_assets.tables import schemas

GROUP = "audiences"
# A report has hundreds of segments: decoding thousands at once would take several times the memory of their rows.
REPORTS_AT_A_TIME = 500


class WantedReport(msgspec.Struct, frozen=True, kw_only=True):
    """One audience report: who is asked, the report itself, and the free question before it where there is one."""

    capability: Capability
    report: Pages
    status: Pages | None = None
    read_status: Any = None


def report_calls(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[WantedReport]:
    """The reports that a week of `audience_reports` may want: of the best `top`, in the order of places.

    Args:
        campaign: The brief.
        shortlist: Rows of ``schemas.Shortlist``.
        settings: Of every provider.
    """
    audiences = campaign.audiences
    if audiences is None:
        return []
    return [
        wanted_report(campaign, audiences, platform, username, settings, finder)
        for platform, username, finder in best_of(shortlist, audiences.top)
    ]


def wanted_report(
    campaign: Campaign,
    audiences: Audiences,
    platform: str,
    username: str,
    settings: Mapping[str, ProviderSettings],
    finder: str,
) -> WantedReport:
    """The report of one account, with the question that comes before it where its provider answers one.

    Raises:
        NoCapabilityError: Nobody reports on audiences there, or not the brief's provider.
    """
    can = chosen_for(Kind.AUDIENCE, campaign, settings, platform=platform, provider=audiences.provider, finder=finder)
    own = settings[can.provider]
    wanted = WantedReport(capability=can, report=can.pages(own, platform, username))
    ready = capability_or_none(Kind.READINESS, provider=can.provider, platform=platform)
    if ready is None:
        return wanted
    return msgspec.structs.replace(wanted, status=ready.pages(own, platform, username), read_status=ready.rows)


def is_worth_buying(wanted: WantedReport, status: Sequence[Answer]) -> bool:
    """Whether the report is there by the free answer, or nothing can be asked before it is bought."""
    if wanted.status is None:
        return True
    said: DataReadiness = wanted.read_status(status[-1])
    return said.has_audience


def report_rows(
    wanted: Sequence[WantedReport], answers: Sequence[Sequence[Answer]], *, keep_sensitive: bool
) -> list[AudienceRows]:
    """The rows of `audience_reports` and `audience_segments`, a reader at a time.

    Args:
        wanted: The reports.
        answers: For each the answers that tell most: those of the report where it was bought, of the free question
            where it was not.
        keep_sensitive: Whether inferred ethnicity becomes rows.
    """
    by_reader: dict[Any, list[Answer]] = {}
    for one, of_one in zip(wanted, answers, strict=True):
        by_reader.setdefault(one.capability.rows, []).extend(of_one)
    return [
        rows(of_reader[start : start + REPORTS_AT_A_TIME], keep_sensitive=keep_sensitive)
        for rows, of_reader in by_reader.items()
        for start in range(0, len(of_reader), REPORTS_AT_A_TIME)
    ]


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
            wanted = report_calls(campaign, shortlist, door.settings())
            purpose = purpose_of(
                context, partition, audiences.max_age if audiences else timedelta(0), takes_refusals=True
            )
            questions = [one for one in wanted if one.status is not None]
            asked = door.fetch([one.status for one in questions if one.status], purpose)
            statuses = dict(zip(map(id, questions), asked.answers, strict=True))
            there = [one for one in wanted if is_worth_buying(one, statuses.get(id(one), ()))]
            bought = door.fetch([one.report for one in there], purpose)
            telling = statuses | dict(zip(map(id, there), bought.answers, strict=True))
            parsed = report_rows(
                wanted,
                [telling[id(one)] for one in wanted],
                keep_sensitive=bool(audiences and audiences.keep_sensitive_because),
            )
            bought.tally.add(asked.tally)
            segments = [of_reader.segments for of_reader in parsed]
            also = save(tables, door, schemas.AudienceSegments, "audience_segments", partition, segments, bought.tally)
            reports = with_ids([of_reader.reports for of_reader in parsed], secret)
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
