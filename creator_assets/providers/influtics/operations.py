"""Influtics' operations: paths, prices, limits, what an answer means for the bill, and the calls that are made.

Written from ``000_243d6688ae00c433.txt`` (bloggers) and ``004_40d95a48aadf2d02.txt`` (tracking). The price of a fresh
blogger (its table is missing there), the free statistics and the newer form, in which a blogger is tracked by a job,
come from https://docs.influtics.com and the provider's public connector. The newer form is used where the older
address answers 404 or 410.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.declaration import declare
from creator_assets.providers.contract.kinds import TRACKED_DAYS
from creator_assets.providers.contract.operations import (
    Answer,
    AnswerKind,
    ChargeBasis,
    PagedRequest,
    Rate,
    Recovery,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.influtics import payloads
from creator_assets.providers.parsing import outcomes
from creator_assets.providers.parsing.bodies import object_at, text_at, value_at
from creator_assets.providers.parsing.outcomes import ErrorRule, damaged, free, json_object
from creator_assets.providers.parsing.video_urls import VideoUrl, distinct

NAME = "influtics"
BASE_URL = "https://api.influtics.com"
BLOGGER_SEED = "000_243d6688ae00c433.txt"
TRACK_SEED = "004_40d95a48aadf2d02.txt"
STATS_PAGE_SOURCE = "https://docs.influtics.com/api-reference/videos/stats"
CONNECTOR = "https://github.com/Influtics/n8n-nodes-influtics"
URLS_PER_CALL = 50
STATS_PAGE = 100
INITIAL_VIDEOS = 30
FETCHING_SECONDS = 300.0  # "2-5 minutes"
JOB_SECONDS = 60.0
LIMIT_SECONDS = 3600.0

_REQUESTS = Rate(scope=NAME, permits=20, per_seconds=60)
_VIDEOS = Rate(scope=f"{NAME}/videos", permits=1000, per_seconds=60, weighted=True)
_GONE = (404, 410)
_NOBODY = re.compile(r"not found or data unavailable")
# A plan that lacks something is no empty account: credits would not help.
_ERRORS: Mapping[int, ErrorRule] = {402: ErrorRule(Recovery.FIX_PLAN)}


def _failed(request: Request, response: Response) -> ResponseOutcome:
    code = outcomes.error_code(json_object(response))
    if response.status == 422 and code == "SUBSCRIPTION_LIMIT":
        return outcomes.read_error(request, response, {422: ErrorRule(Recovery.FIX_PLAN)})
    return outcomes.read_error(request, response, _ERRORS)


def _is_over_limit(response: Response) -> bool:
    return response.status in {403, 422} and outcomes.error_code(json_object(response)) == "SUBSCRIPTION_LIMIT"


def _is_nobody(response: Response) -> bool:
    """A blogger that is not found is a 400 with the code of a bad request: only its wording tells."""
    return response.status == 400 and bool(_NOBODY.search(outcomes.error_text(json_object(response))))


def _read_blogger(request: Request, response: Response) -> ResponseOutcome:
    """1 credit when fetched fresh, 0 when cached; 1 more when a refresh of the videos was enqueued.

    Statistics that are still being fetched are worth another look in minutes, free while the blogger is cached.
    """
    if response.status in _GONE:
        return free(AnswerKind.EMPTY, note="this address is gone; the newer form is used")
    if _is_nobody(response):
        return free(AnswerKind.EMPTY)
    if response.status != 200:
        return _failed(request, response)
    blogger = payloads.blogger_in(response.body)
    if blogger is None:
        return damaged(request, "the blogger cannot be read")
    cached, enqueued = (value_at(blogger, name) for name in ("cached", "videos_refresh_enqueued"))
    if not isinstance(cached, bool):
        charge, basis = request.worst_case_microcredits, ChargeBasis.ASSUMED
    else:
        charge = ((not cached) + (enqueued is True)) * request.operation.price.microcredits
        basis = ChargeBasis.PRICED if charge else ChargeBasis.FREE
    is_fetching = enqueued is True or value_at(blogger, "initial_videos_enqueued") is True
    return ResponseOutcome(
        kind=AnswerKind.PENDING if is_fetching else AnswerKind.FINAL,
        charge_microcredits=charge,
        basis=basis,
        not_before_seconds=FETCHING_SECONDS if is_fetching else None,
        note="videos are being fetched" if is_fetching else "",
    )


def _read_tracking(request: Request, response: Response) -> ResponseOutcome:
    """30 credits for each newly tracked video.

    What a video costs that was tracked before, is refused or is not mentioned is not documented, so it counts the same
    until the balance tells. Where the plan's number of tracked videos would be exceeded nothing was tracked. If the
    refusal states that some would fit, these are asked for alone. Else it is an answer to come back to and not a
    failure, as tracking ends after 30 days.
    """
    if _is_over_limit(response):
        room = payloads.room_in(response.body)
        if 0 < room < len(request.parts):
            note = f"the plan tracks {room} more videos, not {len(request.parts)}"
            return ResponseOutcome(
                kind=AnswerKind.FAILED,
                charge_microcredits=0,
                basis=ChargeBasis.FREE,
                note=note,
                recovery=Recovery.ASK_FEWER,
                room=room,
            )
        return free(AnswerKind.PENDING, not_before_seconds=LIMIT_SECONDS, note="the plan tracks no more videos for now")
    if response.status not in {200, 202}:
        return _failed(request, response)
    urls = request.body_texts("urls")
    results = payloads.tracked_in(response.body, urls)
    if results is None:
        return damaged(request, "the results of tracking cannot be read")
    tracked = sum(result.status == "tracked" for result in results)
    is_certain = tracked == len(urls)
    note = "" if is_certain else f"{tracked} of {len(urls)} newly tracked; whether the others cost is not documented"
    return ResponseOutcome(
        kind=AnswerKind.FINAL,
        charge_microcredits=request.worst_case_microcredits,
        basis=ChargeBasis.PRICED if is_certain else ChargeBasis.ASSUMED,
        note=note,
    )


def _read_job_request(request: Request, response: Response) -> ResponseOutcome:
    """The job's price is not documented: that of a fresh blogger counts until the balance tells."""
    if response.status == 409:
        return free(AnswerKind.EMPTY, note="tracked already")
    if response.status not in {200, 202}:
        return _failed(request, response)
    if not text_at(response.body, "job_id") and not text_at(response.body, "data", "job_id"):
        return damaged(request, "the answer names no job")
    worst = request.worst_case_microcredits
    return ResponseOutcome(kind=AnswerKind.FINAL, charge_microcredits=worst, basis=ChargeBasis.ASSUMED)


def _read_job(request: Request, response: Response) -> ResponseOutcome:
    if response.status == 410:
        return free(AnswerKind.EMPTY, note="the job has timed out")
    if response.status != 200:
        return _failed(request, response)
    status = text_at(response.body, "status") or text_at(response.body, "data", "status")
    if status in {"queued", "processing"}:
        return free(AnswerKind.PENDING, not_before_seconds=JOB_SECONDS, note="the job is not done")
    if status not in {"succeeded", "error"}:
        return damaged(request, "the state of the job cannot be read")
    return free(AnswerKind.FINAL if status == "succeeded" else AnswerKind.EMPTY)


def _read_tracked_blogger(request: Request, response: Response) -> ResponseOutcome:
    if response.status == 404:
        return free(AnswerKind.EMPTY)
    if response.status != 200:
        return _failed(request, response)
    return (
        free(AnswerKind.FINAL) if payloads.blogger_in(response.body) else damaged(request, "the blogger cannot be read")
    )


def _join_videos(requests: Sequence[Request]) -> Request:
    """Up to 50 videos in one request: each costs what it costs alone, and requests are few."""
    urls = [url for request in requests for url in request.body_texts("urls")]
    return msgspec.structs.replace(requests[0], body={"urls": urls}, weight=len(urls), redacted_inputs={})


_read_stats = outcomes.reader_of_free(_failed, lambda body: payloads.stats_in(body) is not None)
_read_usage = outcomes.reader_of_free(_failed, lambda body: object_at(body, "data", "summary") is not None)

_declare = partial(declare, provider=NAME, rates=(_REQUESTS,))
_free = partial(_declare, credits="0", unit="call")

BLOGGER = _declare(
    "IT-1",
    "blogger",
    "GET /v1/bloggers/info",
    "1",
    "fresh blogger; as much again for a refresh of its videos",
    _read_blogger,
    source=BLOGGER_SEED,
    fresh_days=7,
    used_by="enriched_profiles, video_stats",
    note="the seed's price table is empty; https://docs.influtics.com/api-reference/bloggers/info states 1",
    worst_case=lambda request: (
        request.operation.price.microcredits * (2 if request.params.get("refresh") == "true" else 1)
    ),
)
TRACK = _declare(
    "IT-2",
    "track",
    "POST /v1/videos/track",
    "30",
    "video newly tracked",
    _read_tracking,
    source=TRACK_SEED,
    rates=(_REQUESTS, _VIDEOS),
    fresh_days=TRACKED_DAYS,
    batch_limit=URLS_PER_CALL,
    used_by="tracked_videos",
    join=_join_videos,
)
STATS = _free(
    "IT-stats",
    "stats",
    "GET /v1/videos/stats",
    read=_read_stats,
    source=STATS_PAGE_SOURCE,
    batch_limit=STATS_PAGE,
    used_by="video_stats",
)
USAGE = _free(
    "IT-usage", "usage", "GET /v1/account/usage", read=_read_usage, source=CONNECTOR, used_by="provider_balances"
)
JOB = _declare(
    "IT-job",
    "job",
    "POST /v1/bloggers/track",
    "1",
    "blogger",
    _read_job_request,
    source=CONNECTOR,
    fresh_days=7,
    used_by="enriched_profiles, video_stats",
    note="not documented; that of a fresh blogger is assumed",
)
JOB_STATUS = _free(
    "IT-job-status",
    "job_status",
    "GET /v1/bloggers/jobs/{job_id}",
    read=_read_job,
    source=CONNECTOR,
    used_by="enriched_profiles, video_stats",
)
TRACKED_BLOGGER = _free(
    "IT-blogger",
    "tracked_blogger",
    "GET /v1/bloggers/by-username/{username}",
    read=_read_tracked_blogger,
    source=CONNECTOR,
    fresh_days=7,
    used_by="enriched_profiles, video_stats",
)
OPERATIONS = (BLOGGER, TRACK, STATS, USAGE, JOB, JOB_STATUS, TRACKED_BLOGGER)


@at_account_prices
def profile(settings: ProviderSettings, platform: str, username: str, *, refresh: bool = False) -> PagedRequest:
    """A blogger with averages over its tracked videos: 1 credit, 0 while the provider has it cached.

    Args:
        settings: Of the account.
        platform: TikTok, Instagram or YouTube.
        username: The blogger.
        refresh: Have its videos fetched anew where their statistics are 5 days old: 1 credit more if that happens.
    """
    spelled = payloads.SPELLED[platform]
    asked = {"platform": platform, "username": username}
    params = {"username": username, "platform": spelled} | ({"refresh": "true"} if refresh else {})
    first = Request(operation=settings.in_force(BLOGGER), params=params, about=asked)

    def follow(answer: Answer, _calls_made: int) -> Request | None:
        """Only where the older address is gone: have the blogger tracked, wait for the job, read the blogger."""
        operation, status = answer.request.operation.id, answer.status
        if operation == BLOGGER.id and status in _GONE:
            body: dict[str, Any] = {"platform": spelled, "username": username, "initial_videos_count": INITIAL_VIDEOS}
            return Request(operation=JOB, body=body, about=asked)
        if operation == JOB.id and status != 409:
            job_id = text_at(answer.body, "job_id") or text_at(answer.body, "data", "job_id")
            return Request(operation=JOB_STATUS, path_params={"job_id": job_id}, about=asked)
        if operation == JOB.id or (operation == JOB_STATUS.id and answer.kind is AnswerKind.FINAL):
            path = {"username": username}
            return Request(operation=TRACKED_BLOGGER, path_params=path, params={"platform": spelled}, about=asked)
        return None

    # One of the two is charged: a gone address costs nothing.
    bound = max(first.worst_case_microcredits, settings.in_force(JOB).price.microcredits)
    return PagedRequest(first=first, follow=follow, max_calls=4, bound_microcredits=bound)


@at_account_prices
def track(_settings: ProviderSettings, urls: Sequence[str]) -> list[PagedRequest]:
    """Have videos tracked for 30 days: 30 credits each. They are joined, 50 in a request, when they are sent.

    Addresses are made canonical and each video is wanted once. Pass only videos that are not tracked yet: whether a
    second tracking costs is not documented. A video is remembered by its own id where its address holds more than
    that: the handle in an address of TikTok changes, and may be written wrongly.

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
    """The daily statistics of all tracked videos, oldest first so that new ones do not move the pages; free."""

    def page(number: int) -> Request:
        query = {"limit": str(STATS_PAGE), "offset": str(number * STATS_PAGE), "sort": "created_at", "order": "asc"}
        return Request(operation=STATS, params=query)

    def follow(answer: Answer, requests_made: int) -> Request | None:
        return page(requests_made) if payloads.has_more(answer.body, STATS_PAGE) else None

    return PagedRequest(first=page(0), follow=follow, max_calls=max(1, -(-max_videos // STATS_PAGE)))


@at_account_prices
def balance(_settings: ProviderSettings) -> PagedRequest:
    """The account's credits and what they went on; free."""
    return PagedRequest(first=Request(operation=USAGE))
