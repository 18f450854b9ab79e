"""The requests that are made of Influtics: bloggers, tracking, statistics and balance.

What each costs and what its answers mean is declared in ``operations``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.operations import (
    Answer,
    AnswerKind,
    PagedRequest,
    Request,
)
from creator_assets.providers.influtics import payloads
from creator_assets.providers.influtics.operations import (
    BLOGGER,
    GONE_STATUSES,
    INITIAL_VIDEOS,
    JOB,
    JOB_STATUS,
    STATS,
    STATS_PAGE,
    TRACK,
    TRACKED_BLOGGER,
    USAGE,
)
from creator_assets.providers.parsing.bodies import text_at
from creator_assets.providers.parsing.video_urls import VideoUrl, distinct


@at_account_prices
def profile(settings: ProviderSettings, platform: str, username: str, *, refresh: bool = False) -> PagedRequest:
    """A blogger with averages over its tracked videos: 1 credit, 0 while the provider has it cached.

    Args:
        settings: Of the account.
        platform: TikTok, Instagram or YouTube.
        username: The blogger.
        refresh: Fetch its videos anew where their statistics are 5 days old: 1 credit more if that happens.
    """
    spelled = payloads.SPELLED[platform]
    asked = {"platform": platform, "username": username}
    params = {"username": username, "platform": spelled} | ({"refresh": "true"} if refresh else {})
    first = Request(operation=settings.in_force(BLOGGER), params=params, about=asked)

    def follow(answer: Answer, _requests_made: int) -> Request | None:
        """Only where the older endpoint is gone: track the blogger, wait for the job, read the blogger."""
        operation, status = answer.request.operation.id, answer.status
        if operation == BLOGGER.id and status in GONE_STATUSES:
            body: dict[str, Any] = {"platform": spelled, "username": username, "initial_videos_count": INITIAL_VIDEOS}
            return Request(operation=JOB, body=body, about=asked)
        if operation == JOB.id and status != 409:
            job_id = text_at(answer.body, "job_id") or text_at(answer.body, "data", "job_id")
            return Request(operation=JOB_STATUS, path_params={"job_id": job_id}, about=asked)
        if operation == JOB.id or (operation == JOB_STATUS.id and answer.kind is AnswerKind.FINAL):
            path = {"username": username}
            return Request(operation=TRACKED_BLOGGER, path_params=path, params={"platform": spelled}, about=asked)
        return None

    # Only one of the two is charged: an endpoint that is gone costs nothing.
    bound = max(first.worst_case_microcredits, settings.in_force(JOB).price.microcredits)
    return PagedRequest(first=first, follow=follow, max_requests=4, bound_microcredits=bound)


@at_account_prices
def refreshed_profile(settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """The same after a search for new videos: up to 2 credits, and pending while the search goes on."""
    return profile(settings, platform, username, refresh=True)


@at_account_prices
def track(_settings: ProviderSettings, urls: Sequence[str]) -> list[PagedRequest]:
    """Track videos for 30 days: 30 credits each. The paid client joins up to 50 of them in one request.

    Addresses are made canonical, and each video is requested once. Pass only videos that are not tracked yet: whether a
    second tracking costs is not documented. A TikTok video is stored under its own id, because the handle in its
    address can change or be misspelled.

    Raises:
        UnknownVideoUrlError: One of the addresses is none of a single video.
    """
    return [
        PagedRequest(first=Request(operation=TRACK, body={"urls": [video.url]}, redacted_inputs=_remembered_by(video)))
        for video in distinct(urls)
    ]


def _remembered_by(video: VideoUrl) -> dict[str, str]:
    return {"urls": video.key} if video.platform == "tiktok" and video.native_id else {}


@at_account_prices
def stats(_settings: ProviderSettings, max_videos: int) -> PagedRequest:
    """The daily statistics of all tracked videos, oldest first, so that new videos do not shift the pages; free."""

    def page(number: int) -> Request:
        query = {"limit": str(STATS_PAGE), "offset": str(number * STATS_PAGE), "sort": "created_at", "order": "asc"}
        return Request(operation=STATS, params=query)

    def follow(answer: Answer, requests_made: int) -> Request | None:
        return page(requests_made) if payloads.has_more(answer.body, STATS_PAGE) else None

    return PagedRequest(first=page(0), follow=follow, max_requests=max(1, -(-max_videos // STATS_PAGE)))


@at_account_prices
def balance(_settings: ProviderSettings) -> PagedRequest:
    """The account's credits and what they were spent on; free."""
    return PagedRequest(first=Request(operation=USAGE))
