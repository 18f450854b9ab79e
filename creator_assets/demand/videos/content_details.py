"""Details of the best posts of a week."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import DetailsWish
from creator_assets.demand.cost_bounds import demand_for, finders_of
from creator_assets.demand.provider_choice import cheapest_capability
from creator_assets.demand.requests import Settings, window_of
from creator_assets.metrics.posts import best_posts
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows, PostDetailPages
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.spending.planning.plan import AssetDemand


class DetailRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of detail of one post, and who is asked for it."""

    capability: Capability[object, AnswerRows]
    platform: str
    pages: PagedRequest

    def __repr__(self) -> str:
        """Name kind and platform, never the post."""
        return f"WantedDetail({self.capability.depth}, {self.platform})"


def detail_requests(
    campaign: Campaign, content: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[DetailRequest]:
    """The details that a week wants of its posts; a kind that a post's platform does not have is not asked for.

    Args:
        campaign: Whose brief says which.
        content: Rows of ``schemas.Content`` of the week.
        settings: Of every provider.
    """
    wish = campaign.content.details if campaign.content else None
    if wish is None:
        return []
    posts = best_posts(content, wish.top, only_sponsored=wish.only_sponsored)
    return [
        DetailRequest(
            capability=can,
            platform=platform,
            pages=can.pages(settings[can.provider], platform, post_id, max_pages=wish.max_comment_pages),
        )
        for platform, post_id, lister in posts.select("platform", "post_id", "provider").iter_rows()
        for can in able_on(campaign, wish, settings, platform, lister)
    ]


def able_on(
    campaign: Campaign, wish: DetailsWish, settings: Mapping[str, ProviderSettings], platform: str, lister: str
) -> list[Capability[PostDetailPages, AnswerRows]]:
    """Who is asked for each kind of detail that a platform has."""
    able = []
    for kind in wish.kinds:
        try:
            able.append(
                cheapest_capability(
                    CapabilityKind.CONTENT_DETAILS,
                    campaign,
                    settings,
                    platform=platform,
                    provider=wish.provider,
                    finder=lister,
                    depth=kind,
                )
            )
        except NoCapabilityError:
            continue
    return able


def wanted_details(
    partition: Partition, campaign: Campaign, wish: DetailsWish, content: pl.DataFrame | None, settings: Settings
) -> AssetDemand:
    """What a week asks for, or bounds of it where its posts are not known yet."""
    window = window_of(partition, wish.max_age)
    if content is not None:
        known = [one.pages for one in detail_requests(campaign, content, settings)]
        return demand_for("content_details", partition, known, window=window)
    possible = _possible_details(campaign, wish, settings)
    return demand_for("content_details", partition, [], at_most=possible, window=window)


def _possible_details(campaign: Campaign, wish: DetailsWish, settings: Settings) -> list[tuple[Request, int]]:
    """What the details of `top` posts of one platform can cost at most; any platform may have all of them."""
    dearest: dict[str, tuple[Request, int]] = {}
    for platform in dict.fromkeys(platform for platform, _finder in finders_of(campaign)):
        requests: dict[str, tuple[Request, int]] = {}
        for can in able_on(campaign, wish, settings, platform, ""):
            pages = can.pages(settings[can.provider], platform, "", max_pages=wish.max_comment_pages)
            request, count = requests.get(can.provider, (pages.first, 0))
            requests[can.provider] = request, count + pages.max_requests * wish.top
        for provider, (request, count) in requests.items():
            if provider not in dearest or count > dearest[provider][1]:
                dearest[provider] = request, count
    return list(dearest.values())
