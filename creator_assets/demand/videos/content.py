"""New posts: which creators are asked, and how far back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec
import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import ContentWish
from creator_assets.demand.cost_bounds import demand_for, possible_requests
from creator_assets.demand.provider_choice import best_of, cheapest_capability, max_selected_of
from creator_assets.demand.requests import Settings, rows_of, window_of
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import FIRST_MONDAY, Partition
from creator_assets.providers.capabilities import capabilities_for
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows, ContentPages
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request
from creator_assets.spending.archive_coverage import coverage_of
from creator_assets.spending.planning.plan import AssetDemand
from creator_assets.tables import schemas


class ContentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One creator whose new posts are wanted, and who is asked."""

    capability: Capability[ContentPages, AnswerRows]
    platform: str
    username: str

    def __repr__(self) -> str:
        """Name the provider and the platform, never the creator."""
        return f"Pull({self.capability.provider}, {self.platform})"


def content_pulls(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[ContentRequest]:
    """The creators whose content a week wants: the best `top`, in the order of places."""
    wish = campaign.content
    if wish is None:
        return []
    return [
        ContentRequest(
            capability=cheapest_capability(
                CapabilityKind.CONTENT, campaign, settings, platform=platform, provider=wish.provider, finder=finder
            ),
            platform=platform,
            username=username,
        )
        for platform, username, finder in best_of(shortlist, wish.top)
    ]


def pull_pages(
    pulls: Sequence[ContentRequest],
    partition: Partition,
    max_items: int,
    ledger: Ledger,
    settings: Mapping[str, ProviderSettings],
    first_week: date = FIRST_MONDAY,
) -> list[PagedRequest]:
    """The calls that bring what each creator has published since the pulls of earlier weeks, whoever was asked then.

    Only a pull that came to its end moves the mark: what one that died had not seen yet would be lost otherwise.

    Args:
        pulls: The creators.
        partition: The week.
        max_items: How many pieces of each may be paid for.
        ledger: Whose archive is read.
        settings: Of every provider.
        first_week: Where earlier weeks begin; by default with the first partition there is.
    """
    marks: list[datetime | None] = [None] * len(pulls)

    def since_mark(place: int, can: Capability[ContentPages, AnswerRows]) -> PagedRequest:
        one = pulls[place]
        return can.pages(settings[can.provider], one.platform, one.username, max_items, marks[place])

    pulled = [
        (place, can)
        for place, one in enumerate(pulls)
        for can in capabilities_for(CapabilityKind.CONTENT, platform=one.platform)
    ]
    week = Partition.week_of(partition.campaign, first_week)
    while week.first_day < partition.first_day:
        walks = coverage_of(ledger, [since_mark(place, can) for place, can in pulled], window_of(week))
        for (place, can), way in zip(pulled, walks, strict=True):
            if can.watermark is not None and way.next_request is None:
                marks[place] = max(filter(None, (can.watermark(way.answers), marks[place])), default=None)
        week = Partition.week_of(partition.campaign, week.first_day + timedelta(days=7))
    return [since_mark(place, one.capability) for place, one in enumerate(pulls)]


def cut_short(pages: Sequence[PagedRequest], answers: Sequence[Sequence[Answer]]) -> int:
    """How many pulls ended at the most that may be paid for although the provider had more."""
    return sum(one.follow(of_one[-1], one.max_requests) is not None for one, of_one in zip(pages, answers, strict=True))


def wanted_posts(
    partition: Partition,
    campaign: Campaign,
    wish: ContentWish,
    shortlist: pl.DataFrame | None,
    ledger: Ledger,
    settings: Settings,
) -> tuple[AssetDemand, pl.DataFrame | None]:
    """The pulls of new posts, and the posts themselves where the archive has all of them."""
    if shortlist is not None:
        pulls = content_pulls(campaign, shortlist, settings)
        posts = demand_for("content", partition, pull_pages(pulls, partition, wish.max_items, ledger, settings))
        walks = coverage_of(ledger, posts.pages, posts.window)
        if any(one.next_request is not None for one in walks):
            return posts, None
        parsed = rows_of(pulls, [one.answers for one in walks])
        return posts, pl.concat([schemas.Content.create_empty(), *(one.rows for one in parsed)])
    dearest: dict[str, int] = {}

    def examples(platform: str, finder: str) -> list[Request]:
        can = cheapest_capability(
            CapabilityKind.CONTENT, campaign, settings, platform=platform, finder=finder, provider=wish.provider
        )
        pages = can.pages(settings[can.provider], platform, "", wish.max_items)
        dearest[can.provider] = max(dearest.get(can.provider, 0), pages.worst_case_microcredits)
        return [pages.first]

    possible: list[tuple[Request, int]] = []
    for request, count in possible_requests(campaign, examples, max_selected_of(campaign, wish.top)):
        whole, rest = divmod(dearest[request.operation.provider], request.worst_case_microcredits)
        possible.append((request, count * whole))
        if rest:
            smaller = request.weight * rest // request.worst_case_microcredits
            possible.append((msgspec.structs.replace(request, weight=smaller), count))
    return demand_for("content", partition, [], at_most=possible), None
