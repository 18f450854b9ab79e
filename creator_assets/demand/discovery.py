"""Discovery: the searches of a brief, the dictionaries behind its filters, and the shortlist that follows.

How a creator is scored belongs to ``metrics.shortlisting``; whether filter values exist, to ``filter_check``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from creator_assets.campaigns import Campaign, Lookalike, Shortlist
from creator_assets.demand.filter_check import WrongFilterValuesError, wrong_values
from creator_assets.demand.filter_names import documented_filters, window_of_dictionaries
from creator_assets.demand.requests import ProviderRequest
from creator_assets.demand.single_round import Answers, SingleRoundStage
from creator_assets.demand.stage import Buyer, RequestBound, StageContext, StageOutput
from creator_assets.metrics.shortlisting import shortlist as choose
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import capability, catalog
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows, FoundCreatorRows, LookalikePages
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.providers.parsing.provenance import no_problems
from creator_assets.providers.parsing.table_rows import conform
from creator_assets.providers.parsing.versions import rows_version
from creator_assets.tables import schemas


class SearchRequest(ProviderRequest[FoundCreatorRows], frozen=True, kw_only=True):
    """One search of a brief: its request, its capability, and the name under which its findings are kept."""

    origin: str
    origin_name: str
    platform: str


class Discovery(SingleRoundStage[SearchRequest]):
    """Searches and look-alike searches of the brief. The roster costs nothing and joins their rows."""

    asset = "discovery_results"

    def requests(self, at: StageContext) -> list[SearchRequest]:
        """Every search of the brief, then every look-alike search."""
        found = []
        for search in at.campaign.discovery:
            can = capability(CapabilityKind.SEARCH, provider=search.provider, platform=search.platform)
            filters = documented_filters(at, search)
            pages = can.pages(at.settings[can.provider], search.platform, filters, search.max_creators)
            found.append(_search_request(can, pages, "search", search.name, search.platform))
        for number, lookalike in enumerate(at.campaign.lookalikes, start=1):
            alike = capability(CapabilityKind.LOOKALIKES, provider=lookalike.provider, platform=lookalike.platform)
            pages = _lookalike_pages(at, alike, lookalike)
            # The name of the example creator is personal, so its position in the brief names the search.
            found.append(_search_request(alike, pages, "lookalike", f"lookalike-{number}", lookalike.platform))
        return found

    def bounds(self, at: StageContext) -> list[RequestBound]:
        """None: a brief alone says what is searched."""
        return []

    def rows(self, at: StageContext, requests: Sequence[SearchRequest], answers: Answers) -> list[Parsed]:
        """Rows of each search in the order of the brief, then of the roster."""
        found = [
            one.capability.rows(pages, origin=one.origin, origin_name=one.origin_name, platform=one.platform)
            for one, pages in zip(requests, answers, strict=True)
        ]
        return [*found, roster_rows(at.campaign, at.partition)]

    def metadata(
        self, at: StageContext, requests: Sequence[SearchRequest], answers: Answers, parsed: Sequence[Parsed]
    ) -> Mapping[str, Any]:
        """The searches that ended because a page brought nobody new."""
        ended = [
            f"{one.origin_name}: page {len(pages)} of {one.pages.max_requests} brought nobody new"
            for one, pages in zip(requests, answers, strict=True)
            if one.pages.brings_nothing_new(pages)
        ]
        return {"searches_ended_early": ended}

    def produce(self, at: StageContext, buyer: Buyer) -> StageOutput:
        """Search, once the dictionaries know every filter value of the brief.

        Raises:
            WrongFilterValuesError: A provider does not know a value. Nothing was searched and nothing paid.
        """
        # A past week is rebuilt or refused, whatever the dictionaries say by now.
        if not at.is_over and self._will_pay(at):
            window = window_of_dictionaries(at.partition)
            wrong = wrong_values(at.campaign, catalog(), at.settings, lambda pages: buyer.fetch(pages, window))
            if wrong:
                raise WrongFilterValuesError(wrong)
        return super().produce(at, buyer)

    def _will_pay(self, at: StageContext) -> bool:
        coverage = at.coverage([one.pages for one in self.requests(at)], at.window())
        return any(one.next_request is not None for one in coverage)


def archived_shortlist(at: StageContext) -> pl.DataFrame | None:
    """Rows of ``schemas.Shortlist`` by what the archive holds; None where it lacks an answer of a search."""
    stage = Discovery()
    requests = stage.requests(at)
    coverage = at.coverage([one.pages for one in requests], at.window())
    if any(one.next_request is not None for one in coverage):
        return None
    found = stage.rows(at, requests, [one.answers for one in coverage])
    return shortlist_rows(at.campaign, pl.concat([parsed.rows for parsed in found]))


def filter_requests(
    campaigns: Iterable[Campaign], settings: Mapping[str, ProviderSettings]
) -> list[ProviderRequest[AnswerRows]]:
    """The dictionaries behind the searches of all briefs, each once; free."""
    found: dict[str, ProviderRequest[AnswerRows]] = {}
    for search in (search for campaign in campaigns for search in campaign.discovery):
        can = capability(CapabilityKind.FILTER_VALUES, provider=search.provider, platform=search.platform)
        for pages in can.pages(settings[can.provider], search.platform, search.filters):
            found.setdefault(pages.first.request_key(""), ProviderRequest(capability=can, pages=pages))
    return list(found.values())


def roster_rows(campaign: Campaign, partition: Partition) -> Parsed:
    """The creators that the team already knows, as findings of the brief itself: no request, no cost."""
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
        parser_version=pl.lit(rows_version([__name__])),
    )
    return conform(schemas.DiscoveryResults, Parsed(rows=rows, rejected=no_problems(), notes=no_problems()))


def shortlist_rows(campaign: Campaign, found: pl.DataFrame) -> pl.DataFrame:
    """The rows of `shortlist` by the brief's rule; without one, the roster alone is chosen."""
    rule = campaign.shortlist or Shortlist.model_construct(top=0)  # no brief can ask for none
    chosen = choose(found, top=rule.top, min_engagement_rate=rule.min_engagement_rate, exclude=rule.exclude)
    return chosen.select(schemas.Shortlist.column_names())


def _lookalike_pages(
    at: StageContext, can: Capability[LookalikePages, FoundCreatorRows], lookalike: Lookalike
) -> PagedRequest:
    """By the example's id where the brief has it; by its handle where that was bought already."""
    filters = documented_filters(at, lookalike)

    def by(native_id: str) -> PagedRequest:
        pages: PagedRequest = can.pages(
            at.settings[can.provider], lookalike.platform, lookalike.like, native_id, filters, lookalike.max_creators
        )
        return pages

    by_handle = by("")
    if lookalike.native_id and at.coverage([by_handle], at.window())[0].answers:
        return by_handle
    return by(lookalike.native_id)


def _search_request(
    can: Capability[object, FoundCreatorRows], pages: PagedRequest, origin: str, origin_name: str, platform: str
) -> SearchRequest:
    return SearchRequest(capability=can, pages=pages, origin=origin, origin_name=origin_name, platform=platform)
