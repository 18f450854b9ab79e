"""Discovery: the searches of a brief, the dictionaries behind its filters, and the shortlist that follows.

How a creator is scored belongs to ``metrics.shortlisting``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import polars as pl

from creator_assets.campaigns import Campaign, Shortlist
from creator_assets.demand.cost_bounds import demand_for
from creator_assets.ledger.ledger import Ledger
from creator_assets.metrics.shortlisting import shortlist as choose
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows, FoundCreatorRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, PagedRequest
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.parsing.records import PARSER_VERSION
from creator_assets.providers.parsing.table_rows import conform
from creator_assets.spending.archive_coverage import coverage_of
from creator_assets.spending.planning.plan import AssetDemand
from creator_assets.tables import schemas


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One search of a brief: what it asks, of whom, and under which name its findings are kept."""

    capability: Capability[object, FoundCreatorRows]
    pages: PagedRequest
    origin: str
    origin_name: str
    platform: str


def discovery_requests(campaign: Campaign, settings: Mapping[str, ProviderSettings]) -> list[SearchRequest]:
    """The calls that a week of `discovery_results` wants: every search and look-alike search of the brief."""
    sought = []
    for search in campaign.discovery:
        can = capability(CapabilityKind.SEARCH, provider=search.provider, platform=search.platform)
        pages = can.pages(settings[can.provider], search.platform, search.filters, search.max_creators)
        sought.append(_sought(can, pages, "search", search.name, search.platform))
    for number, lookalike in enumerate(campaign.lookalikes, start=1):
        alike = capability(CapabilityKind.LOOKALIKES, provider=lookalike.provider, platform=lookalike.platform)
        pages = alike.pages(
            settings[alike.provider], lookalike.platform, lookalike.like, lookalike.filters, lookalike.max_creators
        )
        # The creator that was looked like is personal, so the place in the brief names the search.
        sought.append(_sought(alike, pages, "lookalike", f"lookalike-{number}", lookalike.platform))
    return sought


def filter_requests(
    campaigns: Iterable[Campaign], settings: Mapping[str, ProviderSettings]
) -> list[tuple[Capability[object, AnswerRows], PagedRequest]]:
    """The dictionaries that the searches of all briefs draw on, each once; free."""
    wanted: dict[str, tuple[Capability[object, AnswerRows], PagedRequest]] = {}
    for search in (search for campaign in campaigns for search in campaign.discovery):
        can = capability(CapabilityKind.FILTER_VALUES, provider=search.provider, platform=search.platform)
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
    campaign: Campaign, partition: Partition, sought: Sequence[SearchRequest], answers: Sequence[Sequence[Answer]]
) -> list[Parsed]:
    """The rows of `discovery_results`: of each search in the order of the brief, then of the roster."""
    found = [
        one.capability.rows(pages, origin=one.origin, origin_name=one.origin_name, platform=one.platform)
        for one, pages in zip(sought, answers, strict=True)
    ]
    return [*found, roster_rows(campaign, partition)]


def shortlist_rows(campaign: Campaign, found: pl.DataFrame) -> pl.DataFrame:
    """The rows of `shortlist` by the brief's rule; without one, the roster alone is chosen."""
    rule = campaign.shortlist or Shortlist(top=0)
    chosen = choose(found, top=rule.top, min_engagement_rate=rule.min_engagement_rate, exclude=rule.exclude)
    return chosen.select(schemas.Shortlist.column_names())


def _sought(
    can: Capability[object, FoundCreatorRows], pages: PagedRequest, origin: str, origin_name: str, platform: str
) -> SearchRequest:
    return SearchRequest(capability=can, pages=pages, origin=origin, origin_name=origin_name, platform=platform)


def wanted_searches(
    partition: Partition, campaign: Campaign, ledger: Ledger, settings: Mapping[str, ProviderSettings]
) -> tuple[AssetDemand, pl.DataFrame | None]:
    """What a week wants of discovery, and the shortlist where the archive has all of that."""
    sought = discovery_requests(campaign, settings)
    searches = demand_for("discovery_results", partition, [one.pages for one in sought])
    walks = coverage_of(ledger, searches.pages, searches.window)
    if any(one.next_request is not None for one in walks):
        return searches, None
    found = discovery_rows(campaign, partition, sought, [one.answers for one in walks])
    return searches, shortlist_rows(campaign, pl.concat([parsed.rows for parsed in found]))
