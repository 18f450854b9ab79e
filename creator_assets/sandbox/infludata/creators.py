"""influData: profiles, their state in the database, and pre-registration (ID-3 to ID-5).

A creator that is not in the database is queued (201, no charge) and available one or two days later. A request for an
audience without analysis gets 202 and costs one request, until the analysis is done. checkDataStatus gives the same
information without a charge.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.endpoint import SandboxRequest, SandboxResponse
from creator_assets.sandbox.infludata.gaps import GAPS
from creator_assets.sandbox.infludata.keys import refusal, require_balance
from creator_assets.sandbox.infludata.parameters import (
    PLATFORMS,
    REPORT_PLATFORMS,
    STATUS_PLATFORMS,
    boolean,
    identify,
    internal_id,
    look_up,
)
from creator_assets.sandbox.infludata.report import audience_report, timeline
from creator_assets.sandbox.real_voice import infludata as real_infludata
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.coverage import audience_pending
from creator_assets.sandbox.universe.mixing import mix_text

PROFILE_MICROCREDITS = MICROCREDITS_PER_CREDIT
REPORT_MICROCREDITS = 20 * MICROCREDITS_PER_CREDIT
BULK_MAX, BULK_MAX_TRIAL = 100, 10
TIMELINE_DAYS = 180


def user_data(request: SandboxRequest) -> SandboxResponse:
    """ID-3: a full profile, optionally with the audience."""
    platform, _, found = identify(request, PLATFORMS)
    wants_report = boolean(request, "includeAudienceReport")
    if wants_report and platform not in REPORT_PLATFORMS:
        raise refusal(request, "invalid", "Audience reports are available for Instagram, TikTok and YouTube.")
    if wants_report and not request.account.audience_reports:
        raise refusal(request, "forbidden", "Audience reports are not enabled for this key.")
    require_balance(request, REPORT_MICROCREDITS if wants_report else PROFILE_MICROCREDITS)
    if found is None:
        raise refusal(request, "not_found", "Creator not found on the platform.")
    if not _in_database(request, found):
        _queue(request, found)
        return SandboxResponse(
            {"success": True, "message": "Creator not in database yet and queued for enrichment. Retry within 24-48h."},
            201,
        )
    if wants_report and not _audience_ready(request, found):
        _queue_audience(request, found)
        body = {"success": True, "message": "Creator found but audience analysis still processing. Retry later."}
        return SandboxResponse(body, 202, charge_microcredits=PROFILE_MICROCREDITS)
    body = _profile(request, found)
    if boolean(request, "showDatalogAndScore") and platform in ("instagram", "tiktok"):
        body |= {"profileScore": _score(found), "datalog": timeline(found, request.now, 90)}
    if wants_report:
        body["audienceReport"] = audience_report(found)
    return SandboxResponse(body, charge_microcredits=REPORT_MICROCREDITS if wants_report else PROFILE_MICROCREDITS)


def data_status(request: SandboxRequest) -> SandboxResponse:
    """ID-4: whether a creator is in the database, and the age of its data. Also queues a refresh."""
    _, identifier, found = identify(request, STATUS_PLATFORMS)
    weekly = _weekly(request, asked=boolean(request, "addToWeeklyEnrichment"))
    if found is None or found.platform not in STATUS_PLATFORMS:
        raise refusal(request, "not_found", "Creator not found on the platform.")
    if not _in_database(request, found):
        _queue(request, found)
        return SandboxResponse(
            {
                "isInDatabase": False,
                "isBeingProcessed": True,
                "username": found.handle if request.query.get("username") is None else identifier.removeprefix("@"),
                "platform": found.platform,
                "isAddedToRefresh": True,
                "isAddedToWeeklyRefresh": False,
            }
        )
    ready = found.platform in REPORT_PLATFORMS and _audience_ready(request, found)
    if not ready and found.platform in REPORT_PLATFORMS:
        _queue_audience(request, found)
    refreshed_at = request.now - timedelta(hours=1 + mix_text("refresh", internal_id(found)) % 72)
    body = {
        "isInDatabase": True,
        "creatorId": internal_id(found),
        "username": found.handle,
        "platform": found.platform,
        "followers": found.followers,
        "lastRefreshDate": iso_z(refreshed_at),
        "lastAudienceDataRefresh": iso_z(refreshed_at - timedelta(days=2)) if ready else None,
        "hasAudienceData": ready,
        "timelineDatapoints": len(timeline(found, request.now, TIMELINE_DAYS)),
        "isAddedToRefresh": True,
        "isAddedToWeeklyRefresh": weekly,
    }
    if request.in_real_voice:
        body = real_infludata.status(body, found, request.now, timeline_days=TIMELINE_DAYS)
    return SandboxResponse(body)


def bulk_add(request: SandboxRequest) -> SandboxResponse:
    """ID-5: queue many creators in one request."""
    body = request.json()
    platform = body.get("platform")
    if platform not in STATUS_PLATFORMS:
        raise refusal(request, "invalid", f"platform must be one of {', '.join(STATUS_PLATFORMS)}.")
    wanted = [("username", one) for one in _texts(request, body, "usernames")] + [
        ("userId", one) for one in _texts(request, body, "userIds")
    ]
    most = BULK_MAX_TRIAL if request.account.trial else BULK_MAX
    if not 1 <= len(wanted) <= most:
        raise refusal(request, "invalid", f"Provide 1 to {most} usernames and userIds together.")
    weekly = _weekly(request, asked=body.get("addToWeeklyEnrichment") is True)
    processed: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    existing = 0
    for kind, identifier in wanted:
        found = look_up(request, platform, kind, identifier)
        if found is None:
            failed.append({"identifier": identifier, "type": kind, "error": "Creator not found on the platform."})
            continue
        known = _in_database(request, found)
        if not known:
            _queue(request, found)
        item = {
            "identifier": identifier,
            "type": kind,
            "isNewUser": not known,
            "creatorId": internal_id(found),
            "addedToInstant": True,
            "addedToWeekly": weekly and known,
        }
        existing += known
        processed.append(real_infludata.processed(item, found) if request.in_real_voice else item)
    return SandboxResponse(
        {
            "processed": processed,
            "failed": failed,
            "summary": {
                "total": len(wanted),
                "existingInDatabase": existing,
                "newlyAdded": len(processed) - existing,
                "addedToInstant": len(processed),
                "addedToWeekly": sum(one["addedToWeekly"] for one in processed),
                "failed": len(failed),
            },
        }
    )


def _in_database(request: SandboxRequest, one: Profile) -> bool:
    if GAPS.has_data(one.platform, one.index):
        return True
    ready_at = request.world.state.section("infludata.queue").get(internal_id(one))
    return ready_at is not None and datetime.fromisoformat(ready_at) <= request.now


def _queue(request: SandboxRequest, one: Profile) -> None:
    """Queue a creator; its data is ready 24 to 48 hours after the first request."""
    queue, key = request.world.state.section("infludata.queue"), internal_id(one)
    if key not in queue:
        queue.put(key, (request.now + timedelta(minutes=24 * 60 + mix_text("queue", key) % (24 * 60))).isoformat())


def _audience_ready(request: SandboxRequest, one: Profile) -> bool:
    if GAPS.has_data(one.platform, one.index) and not audience_pending(one.platform, one.index):
        return True
    ready_at = request.world.state.section("infludata.audiences").get(internal_id(one))
    return ready_at is not None and datetime.fromisoformat(ready_at) <= request.now


def _queue_audience(request: SandboxRequest, one: Profile) -> None:
    """Queue an audience analysis; it is ready 6 to 30 hours after the first request."""
    queue, key = request.world.state.section("infludata.audiences"), internal_id(one)
    if key not in queue:
        queue.put(key, (request.now + timedelta(minutes=6 * 60 + mix_text("audience", key) % (24 * 60))).isoformat())


def _weekly(request: SandboxRequest, *, asked: bool) -> bool:
    if asked and request.account.trial:
        raise refusal(request, "forbidden", "addToWeeklyEnrichment is not available for trial keys.")
    return asked


def _texts(request: SandboxRequest, body: dict[str, Any], name: str) -> list[str]:
    given = body.get(name) or []
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise refusal(request, "invalid", f"{name} must be a list of texts.")
    return given


def _score(one: Profile) -> float:
    return mix_text("score", one.platform, one.native_id) % 1_000 / 10


def _profile(request: SandboxRequest, one: Profile) -> dict[str, Any]:
    city_known = one.platform in ("instagram", "tiktok")
    return {
        "_id": internal_id(one),
        "userId": one.sec_uid or one.native_id,
        "username": one.handle,
        "displayName": one.name,
        "platform": one.platform,
        "bio": one.bio,
        "followers": one.followers,
        "following": one.following,
        "posts": one.posts,
        "verified": one.verified,
        "isPrivate": False,
        "country": one.country,
        "city": one.city if city_known else None,
        "language": one.language,
        "gender": {"m": "m", "f": "w"}.get(one.gender or "") if city_known else None,
        "estimatedAge": one.age if city_known else None,
        "categories": list(one.categories),
        "engagementMean": None if one.engagement is None else round(one.engagement * 100, 4),
        "viewsMean": one.avg_views,
        "likesMean": one.avg_likes,
        "commentsMean": one.avg_comments,
        "growthRate": round(one.growth * 100, 3),
        "profilePicUrl": f"https://cdn.example.com/{one.platform}/{one.native_id}.jpg",
        "timeline": timeline(one, request.now, 30),
    }
