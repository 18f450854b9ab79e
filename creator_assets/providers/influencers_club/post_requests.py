"""Requests about influencers.club's posts: lists, details, and snapshots of their counters.

What each costs and what its answers mean is declared in ``operations``. A snapshot of a post's counters is the request
for its data: one answer serves all assets that ask for it on the same day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from creator_assets.campaigns.post_filters import PostFilters
from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.capability_protocols import PostDetailPages
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request
from creator_assets.providers.influencers_club.operations import DETAILS, POSTS
from creator_assets.providers.influencers_club.payloads import CONTENT_TYPES, POSTS_PER_PAGE, next_token
from creator_assets.providers.influencers_club.post_fields import times_in
from creator_assets.providers.parsing.bodies import record_names, records_at
from creator_assets.providers.parsing.video_urls import distinct, instagram_media_id


@at_account_prices
def posts(
    _settings: ProviderSettings,
    platform: str,
    username: str,
    max_items: int,
    since: datetime | None = None,
    _filters: PostFilters | None = None,
) -> PagedRequest:
    """A creator's newest posts: 0.03 credits a page, 12 posts on Instagram, up to 35 on TikTok and 50 on YouTube.

    Args:
        platform: Instagram, TikTok or YouTube.
        username: The creator.
        max_items: How many posts may be requested, in whole pages: a shorter page costs the same.
        since: When the newest known post was published. A page that ends before it is the last one; pinned posts at
            its beginning are out of order.
    """
    size = POSTS_PER_PAGE[platform]
    body: dict[str, Any] = {"platform": platform, "handle": username}
    if platform != "instagram":
        body["count"] = size

    def follow(answer: Answer, _requests_made: int) -> Request | None:
        known = times_in(answer.body, answer.observed_at)
        if since is not None and known and known[-1] <= since:
            return None
        return _next_page(answer, "next_token")

    return PagedRequest(
        first=Request(operation=POSTS, body=body),
        follow=follow,
        max_requests=max(1, -(-max_items // size)),
        records=lambda answer: record_names(records_at(answer.body, "result", "items"), ("pk",), ("url",)),
    )


@at_account_prices
def details(
    _settings: ProviderSettings, platform: str, post_id: str, *, content_type: str = "data", max_pages: int = 1
) -> PagedRequest:
    """Data, comments, transcript or audio of one post: 0.03 credits each, for comments each page.

    Raises:
        ValueError: The platform does not have this detail (YouTube has no audio).
    """
    return _details(platform, post_id, content_type, max_pages)


def details_of(content_type: str) -> PostDetailPages:
    """The function that asks for one kind of detail of a post."""

    def pages(settings: ProviderSettings, platform: str, post_id: str, /, *, max_pages: int = 1) -> PagedRequest:
        return details(settings, platform, post_id, content_type=content_type, max_pages=max_pages)

    return pages


@at_account_prices
def counters(_settings: ProviderSettings, platform: str, native_id: str) -> PagedRequest:
    """A post's counters at this time: 0.03 credits, nothing where there is no data."""
    return _snapshot(platform, native_id, {})


@at_account_prices
def track(_settings: ProviderSettings, urls: Sequence[str]) -> list[PagedRequest]:
    """The first snapshots of videos. One with data starts tracking: a snapshot can be bought on each later day.

    Raises:
        UnknownVideoUrlError: One of the addresses is none of a single video.
    """
    return [
        _snapshot(video.platform, video.native_id, {"url": video.url, "username": video.username})
        for video in distinct(urls)
    ]


def _snapshot(platform: str, native_id: str, about: dict[str, str]) -> PagedRequest:
    # The address of an Instagram video holds a code; this provider asks for the number behind it.
    post_id = instagram_media_id(native_id) if platform == "instagram" else native_id
    pages = _details(platform, post_id)
    first = msgspec.structs.replace(pages.first, about={"native_id": native_id} | about)
    return msgspec.structs.replace(pages, first=first)


def _details(platform: str, post_id: str, content_type: str = "data", max_pages: int = 1) -> PagedRequest:
    if content_type not in CONTENT_TYPES[platform]:
        raise ValueError(f"{platform} has {', '.join(CONTENT_TYPES[platform])} of a post, no {content_type}")
    body = {"platform": platform, "content_type": content_type, "post_id": post_id}
    return PagedRequest(
        first=Request(operation=DETAILS, body=body),
        follow=lambda answer, _requests_made: _next_page(answer, "pagination_token"),
        max_requests=max_pages if content_type == "comments" else 1,
    )


def _next_page(answer: Answer, token_name: str) -> Request | None:
    """The same request with the token of the answer; None at the end, and where a token leads to its own page."""
    token = next_token(answer.body, token_name)
    body = answer.request.body or {}
    if not token or token == body.get("pagination_token"):
        return None
    return Request(operation=answer.request.operation, body={**body, "pagination_token": token})
