"""Details of posts: what is said in and under the posts of a week that engaged most.

A detail is bought once and serves for the `max_age` of the brief, in whatever week the post is listed again. Comments
come in pages, no more of them than the brief allows. Which posts are the best belongs to ``metrics.posts``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import DetailsWish
from creator_assets.demand.cost_bounds import platforms_of
from creator_assets.demand.provider_choice import cheapest_capability
from creator_assets.demand.requests import ProviderRequest
from creator_assets.demand.single_round import AnswerRowsStage, Answers
from creator_assets.demand.stage import RequestBound, StageContext
from creator_assets.demand.videos.content import truncated_requests
from creator_assets.metrics.posts import best_posts
from creator_assets.providers.capabilities import NoCapabilityError
from creator_assets.providers.contract.capability import Capability
from creator_assets.providers.contract.capability_protocols import AnswerRows, PostDetailPages
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import PagedRequest, Request
from creator_assets.providers.contract.parsed import Parsed


class DetailRequest(ProviderRequest[AnswerRows], frozen=True, kw_only=True):
    """One kind of detail of one post."""

    platform: str

    def __repr__(self) -> str:
        """Name kind and platform, never the post."""
        return f"DetailRequest({self.capability.depth}, {self.platform})"


class ContentDetails(AnswerRowsStage[DetailRequest]):
    """Details of the best `top` posts of the week; a kind that a platform does not have is not asked for."""

    asset = "content_details"
    tolerates_rejections = True

    def is_asked(self, at: StageContext) -> bool:
        """Whether the brief's `content` has `details`."""
        return _wish(at.campaign) is not None

    def max_age(self, at: StageContext) -> timedelta:
        """As the brief says."""
        wish = _wish(at.campaign)
        return wish.max_age if wish else timedelta(0)

    def requests(self, at: StageContext) -> list[DetailRequest] | None:
        """One for each kind and post; None before the week's posts are known."""
        wish, content = _wish(at.campaign), at.upstream.read("content", at.partition)
        if wish is None or content is None:
            return None
        posts = best_posts(content, wish.top, only_sponsored=wish.only_sponsored)
        return [
            DetailRequest(
                capability=can,
                platform=platform,
                pages=can.pages(at.settings[can.provider], platform, post_id, max_pages=wish.max_comment_pages),
            )
            for platform, post_id, lister in posts.select("platform", "post_id", "provider").iter_rows()
            for can in _able_on(at, wish, platform, lister)
        ]

    def bounds(self, at: StageContext) -> list[RequestBound]:
        """The details of `top` posts of one platform at most; any platform may have all of them."""
        wish = _wish(at.campaign)
        if wish is None:
            return []
        most: dict[str, RequestBound] = {}
        for platform in platforms_of(at.campaign):
            requests: dict[str, tuple[Request, int]] = {}
            for can in _able_on(at, wish, platform, ""):
                pages: PagedRequest = can.pages(
                    at.settings[can.provider], platform, "", max_pages=wish.max_comment_pages
                )
                request, count = requests.get(can.provider, (pages.first, 0))
                requests[can.provider] = request, count + pages.max_requests * wish.top
            for provider, (request, count) in requests.items():
                if provider not in most or count > most[provider][1]:
                    most[provider] = request, count
        return list(most.values())

    def metadata(
        self, at: StageContext, requests: Sequence[DetailRequest], answers: Answers, parsed: Sequence[Parsed]
    ) -> Mapping[str, Any]:
        """How many details were asked for, and how many had more pages than may be paid for."""
        if not self.is_asked(at):
            return {}
        truncated = truncated_requests([one.pages for one in requests], answers)
        return {"details": len(requests), "truncated": truncated}


def _wish(campaign: Campaign) -> DetailsWish | None:
    return campaign.content.details if campaign.content else None


def _able_on(
    at: StageContext, wish: DetailsWish, platform: str, lister: str
) -> list[Capability[PostDetailPages, AnswerRows]]:
    """The capability for each kind of detail that a platform has."""
    able = []
    for kind in wish.kinds:
        try:
            able.append(
                cheapest_capability(
                    CapabilityKind.CONTENT_DETAILS,
                    at,
                    platform=platform,
                    provider=wish.provider,
                    finder=lister,
                    depth=kind,
                )
            )
        except NoCapabilityError:
            continue
    return able
