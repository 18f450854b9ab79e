"""Influtics: start tracking videos by URL (IT-2).

Each newly tracked video costs 30 credits. A request has up to 50 URLs, a minute up to 1,000. A video that is already
tracked, or cannot be tracked, has a status in its row and costs nothing. The plan limits the number of tracked videos
(403 SUBSCRIPTION_LIMIT).
"""

from __future__ import annotations

from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.influtics.envelope import internal_id, note_usage, require_balance, success
from creator_assets.sandbox.influtics.stats import is_active, videos_of
from creator_assets.sandbox.influtics.urls import video_at

VIDEO_CREDITS = 30
URLS_MAX = 50
_VIDEOS_PER_MINUTE = (RateWindow(1_000, 60),)
GONE_SUFFIX = "404"  # ids with this ending are videos that the platform has removed


def track(request: SandboxRequest) -> SandboxResponse:
    """IT-2: track up to 50 videos."""
    urls = _urls(request)
    if request.world.limiter.admit(
        f"{request.account.key}/videos", _VIDEOS_PER_MINUTE, request.world.clock.elapsed_seconds(), len(urls)
    ):
        raise Refusal("rate", "Rate limit exceeded. Please try again later.")
    results = [_result(request, position, url) for position, url in enumerate(urls)]
    _refuse_over_plan(request, sum(row["status"] == "tracked" for row in _first_only(results)))
    section = videos_of(request)
    for row in _first_only(results):
        if row["status"] == "tracked":
            section.put(
                f"{row['platform']}/{row['external_video_id']}",
                {
                    "video_id": row["video_id"],
                    "platform": row["platform"],
                    "external_video_id": row["external_video_id"],
                    "url": row["url"],
                    "created_at": request.now.isoformat(),
                },
            )
    counts = {
        status: sum(row["status"] == status for row in results) for status in ("tracked", "already_tracked", "error")
    }
    charged_credits = VIDEO_CREDITS * counts["tracked"]
    if charged_credits:
        note_usage(request, "/v1/videos/track", charged_credits)
    if request.world.settings.influtics_generation == "jobs":
        listed = [{"url": row["url"], "status": row["status"]} for row in results]
        response = success(request, {"tracked": listed}, charge_microcredits=charged_credits * MICROCREDITS_PER_CREDIT)
        response.status = 202
        return response
    summary = {
        "total": len(results),
        "tracked": counts["tracked"],
        "already_tracked": counts["already_tracked"],
        "errors": counts["error"],
    }
    return success(
        request,
        {"results": results},
        meta={"summary": summary},
        charge_microcredits=charged_credits * MICROCREDITS_PER_CREDIT,
    )


def _urls(request: SandboxRequest) -> list[str]:
    urls = request.json().get("urls")
    if urls is None:
        raise Refusal("invalid", "Missing required field: urls", extra={"field": "urls"})
    if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
        raise Refusal("invalid", "urls must be a list of at least one URL", extra={"field": "urls"})
    if len(urls) > URLS_MAX:
        raise Refusal("invalid", f"Maximum {URLS_MAX} URLs per request", extra={"field": "urls"})
    return urls


def _result(request: SandboxRequest, position: int, url: str) -> dict[str, Any]:
    row: dict[str, Any] = {"index": position, "url": url, "platform": None, "video_id": None, "external_video_id": None}
    read = video_at(request, url)
    if read is None:
        return row | {"status": "error", "error": "Unsupported or invalid video URL"}
    platform, external_id, full_url = read
    row |= {"url": full_url, "platform": platform, "external_video_id": external_id}
    if external_id.endswith(GONE_SUFFIX):
        return row | {"status": "error", "error": "Video not found or private"}
    kept = videos_of(request).get(f"{platform}/{external_id}")
    row["video_id"] = internal_id("video", request.account.key, platform, external_id)
    known = kept is not None and is_active(kept, request.now)
    return row | {"status": "already_tracked" if known else "tracked", "error": None}


def _first_only(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn repetitions within one request into ``already_tracked`` rows, in place, and return the rows."""
    seen: set[str] = set()
    for row in results:
        if row["status"] == "tracked" and row["video_id"] in seen:
            row["status"] = "already_tracked"
        elif row["status"] == "tracked":
            seen.add(row["video_id"])
    return results


def _refuse_over_plan(request: SandboxRequest, new: int) -> None:
    """Refuse the whole request if its new videos exceed the plan's limit or the month's credits."""
    account = request.account
    usage = sum(is_active(kept, request.now) for kept in videos_of(request).values())
    if new and usage + new > account.video_limit:
        allowed = f"Your {account.plan} plan allows {account.video_limit} tracked videos."
        raise Refusal("forbidden", f"Video limit reached. {allowed} Current usage: {usage}")
    require_balance(request, VIDEO_CREDITS * MICROCREDITS_PER_CREDIT * new)
