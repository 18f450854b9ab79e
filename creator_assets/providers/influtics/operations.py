"""Influtics' operations: paths, prices, limits, and what a response means for the bill.

Written from ``000_243d6688ae00c433.txt`` (bloggers) and ``004_40d95a48aadf2d02.txt`` (tracking). The price of a fresh
blogger, whose table is missing there, and the free statistics come from https://docs.influtics.com. So does the newer
form, in which a job tracks a blogger; it is also in the provider's public connector. The newer form is used where the
older endpoint answers 404 or 410.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from creator_assets.providers.contract.declaration import declare
from creator_assets.providers.contract.kinds import TRACKED_DAYS
from creator_assets.providers.contract.operations import (
    AnswerKind,
    ChargeBasis,
    Rate,
    Recovery,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.influtics import payloads
from creator_assets.providers.parsing import outcomes
from creator_assets.providers.parsing.bodies import text_at, value_at
from creator_assets.providers.parsing.outcomes import ErrorRule, damaged, free, json_object

NAME = "influtics"
BASE_URL = "https://api.influtics.com"
BLOGGER_SEED = "000_243d6688ae00c433.txt"
TRACK_SEED = "004_40d95a48aadf2d02.txt"
STATS_PAGE_SOURCE = "https://docs.influtics.com/api-reference/videos/stats"
CONNECTOR = "https://github.com/Influtics/n8n-nodes-influtics"
URLS_PER_REQUEST = 50
STATS_PAGE = 100
INITIAL_VIDEOS = 30
FETCHING_SECONDS = 300.0  # "2-5 minutes"
JOB_SECONDS = 60.0
LIMIT_SECONDS = 3600.0

_REQUESTS = Rate(scope=NAME, permits=20, per_seconds=60)
_VIDEOS = Rate(scope=f"{NAME}/videos", permits=1000, per_seconds=60, weighted=True)
GONE_STATUSES = (404, 410)
_NOBODY = re.compile(r"not found or data unavailable")
# 402 means that the plan lacks something: credits would not help.
_ERRORS: Mapping[int, ErrorRule] = {402: ErrorRule(Recovery.FIX_PLAN)}


def _failed(request: Request, response: Response) -> ResponseOutcome:
    code = outcomes.error_code(json_object(response))
    if response.status == 422 and code == "SUBSCRIPTION_LIMIT":
        return outcomes.read_error(request, response, {422: ErrorRule(Recovery.FIX_PLAN)})
    return outcomes.read_error(request, response, _ERRORS)


def _is_over_limit(response: Response) -> bool:
    return response.status in {403, 422} and outcomes.error_code(json_object(response)) == "SUBSCRIPTION_LIMIT"


def _is_nobody(response: Response) -> bool:
    """A blogger that is not found is a 400 with the code of a bad request; only the wording differs."""
    return response.status == 400 and bool(_NOBODY.search(outcomes.error_text(json_object(response))))


def _read_blogger(request: Request, response: Response) -> ResponseOutcome:
    """1 credit when fetched fresh, 0 when cached; 1 more when a refresh of the videos was enqueued.

    Statistics that are still being fetched can be polled within minutes, free while the blogger is cached.
    """
    if response.status in GONE_STATUSES:
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

    The documents do not say what a video costs that was tracked before, is refused or is not mentioned. It counts the
    same until the balance is compared. Where the request would exceed the plan's number of tracked videos, nothing was
    tracked. If the refusal states that some would fit, these are requested alone. Otherwise the answer is pending and
    no failure, because tracking of other videos ends after 30 days.
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
    """The job's price is not documented: that of a fresh blogger counts until the balance is compared."""
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
    """Up to 50 videos in one request: each costs the same as alone, and fewer requests are needed."""
    urls = [url for request in requests for url in request.body_texts("urls")]
    return msgspec.structs.replace(requests[0], body={"urls": urls}, weight=len(urls), redacted_inputs={})


_read_stats = outcomes.reader_of_free(_failed, lambda body: payloads.stats_in(body) is not None)
_read_usage = outcomes.reader_of_free(_failed, lambda body: payloads.usage_in(body) is not None)

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
    batch_limit=URLS_PER_REQUEST,
    used_by="tracked_videos",
    finds_data=False,
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
    finds_data=False,
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
