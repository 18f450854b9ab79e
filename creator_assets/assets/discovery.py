"""Discovery: the values that filters accept, the creators that the briefs' searches find, and whom to enrich.

Here begins what is paid for: everything later is asked of the creators of a shortlist. How a creator is scored belongs
to ``metrics.shortlisting``, whether the values of a brief's filters exist to ``filter_check``.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from creator_assets.assets.framework.metadata import materialization_metadata
from creator_assets.assets.framework.paid_step import purpose_of, read_upstream, save, spender_of
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.campaigns import Campaign, WrongBriefError
from creator_assets.demand.discovery import Sought, discovery_calls, discovery_rows, filter_calls, shortlist_rows
from creator_assets.demand.filter_check import wrong_values
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.metrics.shortlisting import RULE_VERSION
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import catalog
from creator_assets.resources import CampaignBriefs, Door, ParquetTables
from creator_assets.spending.accounts import NO_CAMPAIGN
from creator_assets.spending.archive_coverage import walk
from creator_assets.spending.paid_client import Purpose
from creator_assets.tables import schemas

GROUP = "discovery"


def build_discovery(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign where they belong to a campaign."""

    @table_asset(GROUP)
    def filter_values(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, door: Door, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """The values that the searches of the briefs may use: languages, places, brands, topics. Free to ask for."""
        wanted = filter_calls(campaigns.load().by_slug.values(), door.settings())
        fetched = door.fetch([pages for _, pages in wanted], _of_the_week(context, door))
        parsed = [can.rows(answers) for (can, _), answers in zip(wanted, fetched.answers, strict=True)]
        metadata = save(tables, door, schemas.FilterValues, "filter_values", None, parsed, fetched.tally)
        return dg.MaterializeResult(metadata=metadata)

    @table_asset(GROUP, partitions=weeks, spends_credits=True)
    def discovery_results(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, door: Door, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """Creators found for a campaign in a week: searches, look-alikes and roster, with origin and rank."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            sought = discovery_calls(campaign, door.settings())
            purpose = purpose_of(context, partition)
            if _will_pay(door.open().ledger, sought, purpose.window):
                _refuse_wrong_values(context, campaign, campaigns, door)
            fetched = door.fetch([one.pages for one in sought], purpose)
            parsed = discovery_rows(campaign, partition, sought, fetched.answers)
            return save(tables, door, schemas.DiscoveryResults, "discovery_results", partition, parsed, fetched.tally)

        return materialize_partitions(context, PartitionKind.WEEK, make)

    @table_asset(GROUP, partitions=weeks, deps=["discovery_results"], code_version=RULE_VERSION)
    def shortlist(
        context: dg.AssetExecutionContext, campaigns: CampaignBriefs, tables: ParquetTables
    ) -> dg.MaterializeResult[None]:
        """Every creator found, chosen or not, with the parts of its score and the reason. Costs nothing."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            found = read_upstream(tables, schemas.DiscoveryResults, "discovery_results", partition)
            rows = shortlist_rows(briefs[partition.campaign], found)
            written = tables.open().write(schemas.Shortlist, "shortlist", partition.path_parts, rows)
            return materialization_metadata(schemas.Shortlist, written) | {
                "selected": int(rows["selected"].sum()),
                "reasons": dict(rows["reason"].value_counts().sort("reason").iter_rows()),
            }

        return materialize_partitions(context, PartitionKind.WEEK, make)

    return [filter_values, discovery_results, shortlist]


def _of_the_week(context: dg.AssetExecutionContext, door: Door) -> Purpose:
    """Dictionaries belong to no partition; one of the last seven days will do."""
    now = door.open().ledger.now()
    return Purpose(
        spender=spender_of(context, partition="-", campaign=NO_CAMPAIGN),
        window=Window(start=now, end=now + timedelta(days=1), carried_from=now - timedelta(days=7)),
    )


def _will_pay(ledger: Ledger, sought: Sequence[Sought], window: Window) -> bool:
    """Whether a search is about to be bought. A past week is rebuilt or refused, whatever its values are by now."""
    if ledger.now() >= window.end:
        return False
    return any(one.next_call is not None for one in walk(ledger, [one.pages for one in sought], window))


def _refuse_wrong_values(
    context: dg.AssetExecutionContext, campaign: Campaign, campaigns: CampaignBriefs, door: Door
) -> None:
    """Refuse a search by a value that its provider does not know.

    Raises:
        WrongBriefError: Names the file, line and field of each.
    """
    purpose = _of_the_week(context, door)
    wrong = wrong_values(campaign, catalog(), door.settings(), lambda pages: door.fetch(pages, purpose))
    if wrong:
        faults = [campaigns.fault(campaign.slug, one.steps, one.problem, one.remedy) for one in wrong]
        raise WrongBriefError("nothing was searched for and nothing paid:\n" + "\n".join(map(str, faults)))
