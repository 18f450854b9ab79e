"""Discovery: the values that filters accept, the creators that the briefs' searches find, and whom to enrich.

Here begins what is paid for: everything later is asked of the creators of a shortlist. How a creator is scored belongs
to ``metrics.shortlisting``, whether the values of a brief's filters exist to ``filter_check``.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from creator_assets.assets.filter_check import wrong_values
from creator_assets.assets.partition_loop import materialize_partitions
from creator_assets.assets.presentation import materialization_metadata
from creator_assets.assets.purchase import purpose_of, read_upstream, save, spender_of
from creator_assets.assets.table_asset import table_asset
from creator_assets.campaigns import Campaign, Shortlist, WrongBriefError
from creator_assets.metrics.shortlisting import RULE_VERSION
from creator_assets.metrics.shortlisting import shortlist as choose
from creator_assets.partitions import Kind as PartitionKind
from creator_assets.partitions import Partition
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Capability, Kind, capability, catalog
from creator_assets.providers.contract import Answer, Pages
from creator_assets.providers.records import PARSER_VERSION, Parsed
from creator_assets.providers.table_rows import conform
from creator_assets.resources import CampaignBriefs, Door, ParquetTables
from creator_assets.spending.accounts import NO_CAMPAIGN
from creator_assets.spending.gateway import Purpose
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import Window
from creator_assets.spending.walks import walk
from creator_assets.tables import schemas

GROUP = "discovery"


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """One search of a brief: what it asks, of whom, and under which name its findings are kept."""

    capability: Capability
    pages: Pages
    origin: str
    origin_name: str
    platform: str


def discovery_calls(campaign: Campaign, settings: Mapping[str, ProviderSettings]) -> list[Sought]:
    """The calls that a week of `discovery_results` wants: every search and look-alike search of the brief."""
    sought = []
    for search in campaign.discovery:
        can = capability(Kind.SEARCH, provider=search.provider, platform=search.platform)
        pages = can.pages(settings[can.provider], search.platform, search.filters, search.max_creators)
        sought.append(_sought(can, pages, "search", search.name, search.platform))
    for number, lookalike in enumerate(campaign.lookalikes, start=1):
        can = capability(Kind.LOOKALIKES, provider=lookalike.provider, platform=lookalike.platform)
        pages = can.pages(
            settings[can.provider], lookalike.platform, lookalike.like, lookalike.filters, lookalike.max_creators
        )
        # The creator that was looked like is personal, so the place in the brief names the search.
        sought.append(_sought(can, pages, "lookalike", f"lookalike-{number}", lookalike.platform))
    return sought


def filter_calls(
    campaigns: Iterable[Campaign], settings: Mapping[str, ProviderSettings]
) -> list[tuple[Capability, Pages]]:
    """The dictionaries that the searches of all briefs draw on, each once; free."""
    wanted: dict[str, tuple[Capability, Pages]] = {}
    for search in (search for campaign in campaigns for search in campaign.discovery):
        can = capability(Kind.FILTER_VALUES, provider=search.provider, platform=search.platform)
        for pages in can.pages(settings[can.provider], search.platform, search.filters):
            wanted.setdefault(pages.first.request_key(""), (can, pages))
    return list(wanted.values())


def roster_rows(campaign: Campaign, partition: Partition) -> Parsed:
    """The creators that the team already knows, as findings of the brief itself: nobody was asked, nothing was paid."""
    accounts = pl.DataFrame(
        [(account.platform, account.handle) for account in campaign.roster],
        schema={"platform": pl.String, "username": pl.String},
        orient="row",
    )
    rows = accounts.with_columns(
        origin=pl.lit("roster"),
        origin_name=pl.lit(""),
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        position=pl.int_range(pl.len(), dtype=pl.Int64),
        provider=pl.lit("brief"),
        operation=pl.lit("roster"),
        request_id=pl.lit(""),
        observed_at=pl.lit(partition.start),
        response_sha256=pl.lit(hashlib.sha256(campaign.slug.encode()).hexdigest()),
        cost_microcredits=pl.lit(0, dtype=pl.Int64),
        run_id=pl.lit(""),
        parser_version=pl.lit(PARSER_VERSION),
    )
    return conform(schemas.DiscoveryResults, Parsed(rows=rows, rejected=schemas.Rejected.create_empty()))


def discovery_rows(
    campaign: Campaign, partition: Partition, sought: Sequence[Sought], answers: Sequence[Sequence[Answer]]
) -> list[Parsed]:
    """The rows of `discovery_results`: of each search in the order of the brief, then of the roster."""
    found = [
        one.capability.rows(pages, origin=one.origin, origin_name=one.origin_name, platform=one.platform)
        for one, pages in zip(sought, answers, strict=True)
    ]
    return [*found, roster_rows(campaign, partition)]


def shortlist_rows(campaign: Campaign, found: pl.DataFrame) -> pl.DataFrame:
    """The rows of `shortlist` by the brief's rule; without one, the roster alone is chosen."""
    rule = campaign.shortlist or Shortlist.model_construct(top=0)  # no brief can ask for none
    chosen = choose(found, top=rule.top, min_engagement_rate=rule.min_engagement_rate, exclude=rule.exclude)
    return chosen.select(schemas.Shortlist.column_names())


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


def _sought(can: Capability, pages: Pages, origin: str, origin_name: str, platform: str) -> Sought:
    return Sought(capability=can, pages=pages, origin=origin, origin_name=origin_name, platform=platform)
