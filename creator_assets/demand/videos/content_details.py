"""Details of the best posts of a week."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import polars as pl

from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import DetailsWish
from creator_assets.demand.cost_bounds import finders_of, wanted_for
from creator_assets.demand.provider_choice import chosen_for
from creator_assets.demand.requests import Settings, window_of
from creator_assets.metrics.posts import best_posts
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import Capability, Kind, NoCapabilityError
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Call, Pages
from creator_assets.spending.planning.plan import Wanted


class WantedDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of detail of one post, and who is asked for it."""

    capability: Capability
    platform: str
    pages: Pages

    def __repr__(self) -> str:
        """Name kind and platform, never the post."""
        return f"WantedDetail({self.capability.depth}, {self.platform})"


def detail_calls(
    campaign: Campaign, content: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[WantedDetail]:
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
        WantedDetail(
            capability=can,
            platform=platform,
            pages=can.pages(settings[can.provider], platform, post_id, max_pages=wish.max_comment_pages),
        )
        for platform, post_id, lister in posts.select("platform", "post_id", "provider").iter_rows()
        for can in able_on(campaign, wish, settings, platform, lister)
    ]


def able_on(
    campaign: Campaign, wish: DetailsWish, settings: Mapping[str, ProviderSettings], platform: str, lister: str
) -> list[Capability]:
    """Who is asked for each kind of detail that a platform has."""
    able = []
    for kind in wish.kinds:
        try:
            able.append(
                chosen_for(
                    Kind.CONTENT_DETAILS,
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
) -> Wanted:
    window = window_of(partition, wish.max_age)
    if content is not None:
        known = [one.pages for one in detail_calls(campaign, content, settings)]
        return wanted_for("content_details", partition, known, window=window)
    possible = _possible_details(campaign, wish, settings)
    return wanted_for("content_details", partition, [], at_most=possible, window=window)


def _possible_details(campaign: Campaign, wish: DetailsWish, settings: Settings) -> list[tuple[Call, int]]:
    """What the details of `top` posts of one platform can cost at most; any platform may have all of them."""
    dearest: dict[str, tuple[Call, int]] = {}
    for platform in dict.fromkeys(platform for platform, _finder in finders_of(campaign)):
        calls: dict[str, tuple[Call, int]] = {}
        for can in able_on(campaign, wish, settings, platform, ""):
            pages: Pages = can.pages(settings[can.provider], platform, "", max_pages=wish.max_comment_pages)
            call, count = calls.get(can.provider, (pages.first, 0))
            calls[can.provider] = call, count + pages.max_calls * wish.top
        for provider, (call, count) in calls.items():
            if provider not in dearest or count > dearest[provider][1]:
                dearest[provider] = call, count
    return list(dearest.values())
