"""New posts: what the best creators of a shortlist have published since they were last asked for, each bought once.

A week's requests go on where those of the weeks before ended: their answers are read from the archive, so that neither
a lost table nor a run that died makes a post be paid for again. Where a provider sells only its newest page, a known
post may be listed again; no further page is bought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import polars as pl

from creator_assets.campaigns import ContentWish
from creator_assets.campaigns.options import FILTERED
from creator_assets.demand.cost_bounds import max_selected_of, possible_requests
from creator_assets.demand.filter_check import WrongFilterValuesError, wrong_country
from creator_assets.demand.filter_names import dictionary_window
from creator_assets.demand.provider_choice import best_of, cheapest_capability
from creator_assets.demand.record_counts import RecordCounts
from creator_assets.demand.requests import ProviderRequest, rows_of, window_of
from creator_assets.demand.single_round import AnswerRowsStage, Answers
from creator_assets.demand.stage import Buyer, RequestBound, StageContext, StageOutput
from creator_assets.partitions import FIRST_MONDAY, Partition
from creator_assets.providers.capabilities import capabilities_for, catalog
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows, ContentPages
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.tables import schemas


class ContentRequest(ProviderRequest[AnswerRows], frozen=True, kw_only=True):
    """New posts of one creator."""

    platform: str
    username: str

    def __repr__(self) -> str:
        """Name the provider and the platform, never the creator."""
        return f"ContentRequest({self.capability.provider}, {self.platform})"


class Content(AnswerRowsStage[ContentRequest]):
    """New posts of the best `top` creators, at most ``max_items`` of each a week."""

    asset = "content"
    tolerates_rejections = True

    def is_asked(self, at: StageContext) -> bool:
        """Whether the brief has a section `content`."""
        return at.campaign.content is not None

    def requests(self, at: StageContext) -> list[ContentRequest] | None:
        """One for each creator, from its watermark on; None before the shortlist is known."""
        shortlist = at.shortlist
        return None if shortlist is None else content_requests(at, shortlist)

    def bounds(self, at: StageContext) -> list[RequestBound]:
        """All items of as many creators as the brief allows, of any of its platforms."""
        wish = at.campaign.content
        if wish is None:
            return []
        highest: dict[str, int] = {}

        def examples(platform: str, finder: str) -> list[Request]:
            if wish.chosen is not None and wish.chosen.types_on(platform) is None:
                return []
            can = _capability(at, platform, finder)
            pages: PagedRequest = can.pages(at.settings[can.provider], platform, "", wish.max_items, None, wish.chosen)
            highest[can.provider] = max(highest.get(can.provider, 0), pages.worst_case_microcredits)
            return [pages.first]

        possible: list[RequestBound] = []
        for request, count in possible_requests(at.campaign, examples, max_selected_of(at.campaign, wish.top)):
            whole, rest = divmod(highest[request.operation.provider], request.worst_case_microcredits)
            possible.append((request, count * whole))
            if rest:
                smaller = request.weight * rest // request.worst_case_microcredits
                possible.append((msgspec.structs.replace(request, weight=smaller), count))
        return possible

    def produce(self, at: StageContext, buyer: Buyer) -> StageOutput:
        """Buy, once the provider knows the country of the filters: else it might bill unfiltered posts.

        Raises:
            WrongFilterValuesError: It does not. Nothing was asked for and nothing paid.
        """
        wish = at.campaign.content
        country = wish.chosen.country if wish is not None and wish.chosen is not None else ""
        if country and not at.is_over:
            window = dictionary_window(at.ledger)
            asked = {(one.capability.provider, one.platform) for one in self._to_pay(at)}
            wrong = wrong_country(country, asked, catalog(), at.settings, lambda pages: buyer.fetch(pages, window))
            if wrong:
                raise WrongFilterValuesError(wrong)
        return super().produce(at, buyer)

    def _to_pay(self, at: StageContext) -> list[ContentRequest]:
        """The requests that the archive does not answer."""
        requests = self.requests(at) or []
        coverage = at.coverage([one.pages for one in requests], at.window())
        return [one for one, covered in zip(requests, coverage, strict=True) if covered.next_request is not None]

    def metadata(
        self, at: StageContext, requests: Sequence[ContentRequest], answers: Answers, parsed: Sequence[Parsed]
    ) -> Mapping[str, Any]:
        """How many records the providers state, and how many creators had more than may be paid for."""
        if not self.is_asked(at):
            return {}
        counts = RecordCounts()
        for request, of_one in zip(requests, answers, strict=True):
            counts.add(request.capability, of_one)
        truncated = truncated_requests([one.pages for one in requests], answers)
        return counts.metadata() | {"creators": len(requests), "truncated": truncated}


def content_requests(
    at: StageContext, shortlist: pl.DataFrame, first_week: date = FIRST_MONDAY
) -> list[ContentRequest]:
    """One request for each of the best creators: what it has published since the requests of earlier weeks.

    Only requests that were answered to their end move a watermark: posts that a run that died never saw would be lost.

    Args:
        at: Whose brief and archive.
        shortlist: Rows of ``schemas.Shortlist``.
        first_week: Where earlier weeks begin; by default with the first partition there is.
    """
    wish = at.campaign.content
    if wish is None:
        return []
    creators = [
        (platform, username, _capability(at, platform, finder))
        for platform, username, finder in best_of(shortlist, wish.top)
        # A platform may have no posts of the wanted types: without any type it would bring all of them.
        if wish.chosen is None or wish.chosen.types_on(platform) is not None
    ]
    watermarks: list[datetime | None] = [None] * len(creators)

    def since_watermark(place: int, can: Capability[ContentPages, AnswerRows]) -> PagedRequest:
        platform, username, _ = creators[place]
        pages: PagedRequest = can.pages(
            at.settings[can.provider], platform, username, wish.max_items, watermarks[place], wish.chosen
        )
        return pages

    asked = [
        (place, can)
        for place, (platform, _, _) in enumerate(creators)
        for can in capabilities_for(CapabilityKind.CONTENT, platform=platform, option=_option(wish))
    ]
    week = Partition.week_of(at.partition.campaign, first_week)
    while week.first_day < at.partition.first_day:
        coverage = at.coverage([since_watermark(place, can) for place, can in asked], window_of(week))
        for (place, can), covered in zip(asked, coverage, strict=True):
            if can.watermark is not None and covered.next_request is None:
                watermarks[place] = max(filter(None, (can.watermark(covered.answers), watermarks[place])), default=None)
        week = Partition.week_of(at.partition.campaign, week.first_day + timedelta(days=7))
    return [
        ContentRequest(capability=can, pages=since_watermark(place, can), platform=platform, username=username)
        for place, (platform, username, can) in enumerate(creators)
    ]


def archived_content(at: StageContext) -> pl.DataFrame | None:
    """Rows of ``schemas.Content`` by what the archive holds; None where it lacks a post of the week."""
    shortlist = at.shortlist
    if shortlist is None:
        return None
    requests = content_requests(at, shortlist)
    coverage = at.coverage([one.pages for one in requests], at.window())
    if any(one.next_request is not None for one in coverage):
        return None
    parsed = rows_of(requests, [one.answers for one in coverage])
    return pl.concat([schemas.Content.create_empty(), *(one.rows for one in parsed)])


def truncated_requests(pages: Sequence[PagedRequest], answers: Sequence[Sequence[Answer]]) -> int:
    """How many requests ended at the most that may be paid for although the provider had more."""
    return sum(one.follow(of_one[-1], one.max_requests) is not None for one, of_one in zip(pages, answers, strict=True))


def _capability(at: StageContext, platform: str, finder: str) -> Capability[ContentPages, AnswerRows]:
    wish = at.campaign.content
    return cheapest_capability(
        CapabilityKind.CONTENT,
        at,
        platform=platform,
        provider=wish.provider if wish else None,
        option=_option(wish),
        finder=finder,
    )


def _option(wish: ContentWish | None) -> str:
    return FILTERED if wish is not None and wish.chosen is not None else ""
