"""Influtics: start tracking videos by address (IT-2).

30 credits for each newly tracked video, up to 50 addresses a request and 1,000 a minute; what is tracked already or
cannot be tracked is a status of its row and costs nothing. The plan caps how many videos are tracked at once (403
SUBSCRIPTION_LIMIT).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.influtics.envelope import afford, internal_id, note_usage, success
from creator_assets.sandbox.influtics.stats import is_active, videos_of
from creator_assets.sandbox.influtics.urls import video_at

VIDEO_CREDITS = 30
URLS_MOST = 50
_VIDEOS_PER_MINUTE = (RateWindow(1_000, 60),)
GONE_SUFFIX = "404"  # ids with this ending are videos that the platform no longer shows
TRACKED_FOR = timedelta(days=30)


def track(call: Call) -> Answer:
    """IT-2: track up to 50 videos."""
    urls = _urls(call)
    if call.world.limiter.admit(
        f"{call.account.key}/videos", _VIDEOS_PER_MINUTE, call.world.clock.elapsed_seconds(), len(urls)
    ):
        raise Refused("rate", "Rate limit exceeded. Please try again later.")
    results = [_result(call, position, url) for position, url in enumerate(urls)]
    _refuse_over_plan(call, sum(row["status"] == "tracked" for row in _first_only(results)))
    shelf = videos_of(call)
    for row in _first_only(results):
        if row["status"] == "tracked":
            shelf.put(
                f"{row['platform']}/{row['external_video_id']}",
                {
                    "video_id": row["video_id"],
                    "platform": row["platform"],
                    "external_video_id": row["external_video_id"],
                    "url": row["url"],
                    "created_at": call.now.isoformat(),
                },
            )
    counts = {
        status: sum(row["status"] == status for row in results) for status in ("tracked", "already_tracked", "error")
    }
    charged_credits = VIDEO_CREDITS * counts["tracked"]
    if charged_credits:
        note_usage(call, "/v1/videos/track", charged_credits)
    if call.world.settings.influtics_generation == "jobs":
        listed = [{"url": row["url"], "status": row["status"]} for row in results]
        answer = success(call, {"tracked": listed}, charge_microcredits=charged_credits * MICROCREDITS_PER_CREDIT)
        answer.status = 202
        return answer
    summary = {
        "total": len(results),
        "tracked": counts["tracked"],
        "already_tracked": counts["already_tracked"],
        "errors": counts["error"],
    }
    return success(
        call,
        {"results": results},
        meta={"summary": summary},
        charge_microcredits=charged_credits * MICROCREDITS_PER_CREDIT,
    )


def _urls(call: Call) -> list[str]:
    urls = call.json().get("urls")
    if urls is None:
        raise Refused("invalid", "Missing required field: urls", extra={"field": "urls"})
    if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
        raise Refused("invalid", "urls must be a list of at least one URL", extra={"field": "urls"})
    if len(urls) > URLS_MOST:
        raise Refused("invalid", f"Maximum {URLS_MOST} URLs per request", extra={"field": "urls"})
    return urls


def _result(call: Call, position: int, url: str) -> dict[str, Any]:
    row: dict[str, Any] = {"index": position, "url": url, "platform": None, "video_id": None, "external_video_id": None}
    read = video_at(call, url)
    if read is None:
        return row | {"status": "error", "error": "Unsupported or invalid video URL"}
    platform, external_id, full_url = read
    row |= {"url": full_url, "platform": platform, "external_video_id": external_id}
    if external_id.endswith(GONE_SUFFIX):
        return row | {"status": "error", "error": "Video not found or private"}
    kept = videos_of(call).get(f"{platform}/{external_id}")
    row["video_id"] = internal_id("video", call.account.key, platform, external_id)
    known = kept is not None and is_active(kept, call.now)
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


def _refuse_over_plan(call: Call, new: int) -> None:
    """Refuse the whole request where its new videos exceed the plan's cap or the month's credits."""
    account = call.account
    usage = sum(is_active(kept, call.now) for kept in videos_of(call).values())
    if new and usage + new > account.video_limit:
        allowed = f"Your {account.plan} plan allows {account.video_limit} tracked videos."
        raise Refused("forbidden", f"Video limit reached. {allowed} Current usage: {usage}")
    afford(call, VIDEO_CREDITS * MICROCREDITS_PER_CREDIT * new)
