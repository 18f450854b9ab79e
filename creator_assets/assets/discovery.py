"""Discovery: the values that filters accept, the creators that the briefs' searches find, and whom to enrich.

Here begins what is paid for: everything later is asked of the creators of a shortlist. How a creator is scored belongs
to ``metrics.shortlisting``, whether the values of a brief's filters exist to ``filter_check``.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from creator_assets.assets.framework.metadata import materialization_metadata
from creator_assets.assets.framework.paid_step import fetch_context_of, read_upstream, save, spender_of
from creator_assets.assets.framework.partition_loop import materialize_partitions
from creator_assets.assets.framework.table_asset import table_asset
from creator_assets.campaigns import Campaign, WrongBriefError
from creator_assets.demand.discovery import (
    SearchRequest,
    discovery_requests,
    discovery_rows,
    filter_requests,
    shortlist_rows,
)
from creator_assets.demand.filter_check import wrong_values
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.metrics.shortlisting import RULE_VERSION
from creator_assets.partitions import Partition, PartitionKind
from creator_assets.providers.capabilities import catalog
from creator_assets.resources import CampaignBriefs, PaidClientResource, ParquetTables
from creator_assets.spending.accounts import NO_CAMPAIGN
from creator_assets.spending.archive_coverage import coverage_of
from creator_assets.spending.fetch import FetchContext
from creator_assets.tables import schemas

GROUP = "discovery"


def build_discovery(weeks: dg.PartitionsDefinition[Any]) -> list[dg.AssetsDefinition]:
    """The assets of this stage, partitioned by `weeks` x campaign where they belong to a campaign."""

    @table_asset(GROUP)
    def filter_values(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
    ) -> dg.MaterializeResult[None]:
        """The values that the searches of the briefs may use: languages, places, brands, topics. Free to ask for."""
        wanted = filter_requests(campaigns.load().by_slug.values(), paid_client.settings())
        fetched = paid_client.fetch([pages for _, pages in wanted], _of_the_week(context, paid_client))
        parsed = [can.rows(answers) for (can, _), answers in zip(wanted, fetched.answers, strict=True)]
        metadata = save(tables, paid_client, schemas.FilterValues, "filter_values", None, parsed, fetched.fetch_stats)
        return dg.MaterializeResult(metadata=metadata)

    @table_asset(GROUP, partitions=weeks, spends_credits=True)
    def discovery_results(
        context: dg.AssetExecutionContext,
        campaigns: CampaignBriefs,
        paid_client: PaidClientResource,
        tables: ParquetTables,
    ) -> dg.MaterializeResult[None]:
        """Creators found for a campaign in a week: searches, look-alikes and roster, with origin and rank."""
        briefs = campaigns.load()

        def make(partition: Partition) -> dict[str, Any]:
            campaign = briefs[partition.campaign]
            sought = discovery_requests(campaign, paid_client.settings())
            purpose = fetch_context_of(context, partition)
            if _will_pay(paid_client.open().ledger, sought, purpose.window):
                _refuse_wrong_values(context, campaign, campaigns, paid_client)
            fetched = paid_client.fetch([one.pages for one in sought], purpose)
            parsed = discovery_rows(campaign, partition, sought, fetched.answers)
            return save(
                tables,
                paid_client,
                schemas.DiscoveryResults,
                "discovery_results",
                partition,
                parsed,
                fetched.fetch_stats,
            )

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


def _of_the_week(context: dg.AssetExecutionContext, paid_client: PaidClientResource) -> FetchContext:
    """Dictionaries belong to no partition; one of the last seven days will do."""
    now = paid_client.open().ledger.now()
    return FetchContext(
        spender=spender_of(context, partition="-", campaign=NO_CAMPAIGN),
        window=Window(start=now, end=now + timedelta(days=1), reuse_since=now - timedelta(days=7)),
    )


def _will_pay(ledger: Ledger, sought: Sequence[SearchRequest], window: Window) -> bool:
    """Whether a search is about to be bought. A past week is rebuilt or refused, whatever its values are by now."""
    if ledger.now() >= window.end:
        return False
    return any(one.next_request is not None for one in coverage_of(ledger, [one.pages for one in sought], window))


def _refuse_wrong_values(
    context: dg.AssetExecutionContext, campaign: Campaign, campaigns: CampaignBriefs, paid_client: PaidClientResource
) -> None:
    """Refuse a search by a value that its provider does not know.

    Raises:
        WrongBriefError: Names the file, line and field of each.
    """
    purpose = _of_the_week(context, paid_client)
    wrong = wrong_values(campaign, catalog(), paid_client.settings(), lambda pages: paid_client.fetch(pages, purpose))
    if wrong:
        faults = [campaigns.fault(campaign.slug, one.steps, one.problem, one.remedy) for one in wrong]
        raise WrongBriefError("nothing was searched for and nothing paid:\n" + "\n".join(map(str, faults)))
