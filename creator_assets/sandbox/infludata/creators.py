"""influData: profiles, their state in the database, and queueing (ID-3 to ID-5).

A creator that the database lacks is queued (201, nothing charged) and there a day or two later. An audience that was
never analysed answers 202 at the price of one request until the analysis is done; checkDataStatus tells the same for
nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.clock import iso_z
from creator_assets.sandbox.engine.operation import Answer, Call
from creator_assets.sandbox.infludata.gaps import GAPS
from creator_assets.sandbox.infludata.keys import afford, refused
from creator_assets.sandbox.infludata.parameters import (
    PLATFORMS,
    REPORT_PLATFORMS,
    STATUS_PLATFORMS,
    identified,
    internal_id,
    look_up,
    truth,
)
from creator_assets.sandbox.infludata.report import audience_report, timeline
from creator_assets.sandbox.universe import Profile
from creator_assets.sandbox.universe.coverage import audience_pending
from creator_assets.sandbox.universe.mixing import mix_text

PROFILE_MICROCREDITS = MICROCREDITS_PER_CREDIT
REPORT_MICROCREDITS = 20 * MICROCREDITS_PER_CREDIT
BULK_MOST, BULK_MOST_TRIAL = 100, 10


def user_data(call: Call) -> Answer:
    """ID-3: a full profile, with the audience on request."""
    platform, _, found = identified(call, PLATFORMS)
    wants_report = truth(call, "includeAudienceReport")
    if wants_report and platform not in REPORT_PLATFORMS:
        raise refused(call, "invalid", "Audience reports are available for Instagram, TikTok and YouTube.")
    if wants_report and not call.account.audience_reports:
        raise refused(call, "forbidden", "Audience reports are not enabled for this key.")
    afford(call, REPORT_MICROCREDITS if wants_report else PROFILE_MICROCREDITS)
    if found is None:
        raise refused(call, "not_found", "Creator not found on the platform.")
    if not _in_database(call, found):
        _queue(call, found)
        return Answer(
            {"success": True, "message": "Creator not in database yet and queued for enrichment. Retry within 24-48h."},
            201,
        )
    if wants_report and not _audience_ready(call, found):
        _queue_audience(call, found)
        body = {"success": True, "message": "Creator found but audience analysis still processing. Retry later."}
        return Answer(body, 202, charge_microcredits=PROFILE_MICROCREDITS)
    body = _profile(call, found)
    if truth(call, "showDatalogAndScore") and platform in ("instagram", "tiktok"):
        body |= {"profileScore": _score(found), "datalog": timeline(found, call.now, 90)}
    if wants_report:
        body["audienceReport"] = audience_report(found)
    return Answer(body, charge_microcredits=REPORT_MICROCREDITS if wants_report else PROFILE_MICROCREDITS)


def data_status(call: Call) -> Answer:
    """ID-4: whether a creator is in the database and how fresh; queues a refresh as it looks."""
    _, identifier, found = identified(call, STATUS_PLATFORMS)
    weekly = _weekly(call, asked=truth(call, "addToWeeklyEnrichment"))
    if found is None or found.platform not in STATUS_PLATFORMS:
        raise refused(call, "not_found", "Creator not found on the platform.")
    if not _in_database(call, found):
        _queue(call, found)
        return Answer(
            {
                "isInDatabase": False,
                "isBeingProcessed": True,
                "username": found.handle if call.query.get("username") is None else identifier.removeprefix("@"),
                "platform": found.platform,
                "isAddedToRefresh": True,
                "isAddedToWeeklyRefresh": False,
            }
        )
    ready = found.platform in REPORT_PLATFORMS and _audience_ready(call, found)
    if not ready and found.platform in REPORT_PLATFORMS:
        _queue_audience(call, found)
    refreshed_at = call.now - timedelta(hours=1 + mix_text("refresh", internal_id(found)) % 72)
    return Answer(
        {
            "isInDatabase": True,
            "creatorId": internal_id(found),
            "username": found.handle,
            "platform": found.platform,
            "followers": found.followers,
            "lastRefreshDate": iso_z(refreshed_at),
            "lastAudienceDataRefresh": iso_z(refreshed_at - timedelta(days=2)) if ready else None,
            "hasAudienceData": ready,
            "timelineDatapoints": len(timeline(found, call.now, 180)),
            "isAddedToRefresh": True,
            "isAddedToWeeklyRefresh": weekly,
        }
    )


def bulk_add(call: Call) -> Answer:
    """ID-5: queue many creators at once."""
    body = call.json()
    platform = body.get("platform")
    if platform not in STATUS_PLATFORMS:
        raise refused(call, "invalid", f"platform must be one of {', '.join(STATUS_PLATFORMS)}.")
    wanted = [("username", one) for one in _texts(call, body, "usernames")] + [
        ("userId", one) for one in _texts(call, body, "userIds")
    ]
    most = BULK_MOST_TRIAL if call.account.trial else BULK_MOST
    if not 1 <= len(wanted) <= most:
        raise refused(call, "invalid", f"Provide 1 to {most} usernames and userIds together.")
    weekly = _weekly(call, asked=body.get("addToWeeklyEnrichment") is True)
    processed: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for kind, identifier in wanted:
        found = look_up(call, platform, kind, identifier)
        if found is None:
            failed.append({"identifier": identifier, "type": kind, "error": "Creator not found on the platform."})
            continue
        known = _in_database(call, found)
        if not known:
            _queue(call, found)
        processed.append(
            {
                "identifier": identifier,
                "type": kind,
                "isNewUser": not known,
                "creatorId": internal_id(found),
                "addedToInstant": True,
                "addedToWeekly": weekly and known,
            }
        )
    existing = sum(not one["isNewUser"] for one in processed)
    return Answer(
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


def _in_database(call: Call, one: Profile) -> bool:
    if GAPS.has_data(one.platform, one.index):
        return True
    ready_at = call.world.state.shelf("infludata.queue").get(internal_id(one))
    return ready_at is not None and datetime.fromisoformat(ready_at) <= call.now


def _queue(call: Call, one: Profile) -> None:
    """Have a creator enriched 24 to 48 hours from the first time that anybody asked."""
    queue, key = call.world.state.shelf("infludata.queue"), internal_id(one)
    if key not in queue:
        queue.put(key, (call.now + timedelta(minutes=24 * 60 + mix_text("queue", key) % (24 * 60))).isoformat())


def _audience_ready(call: Call, one: Profile) -> bool:
    if GAPS.has_data(one.platform, one.index) and not audience_pending(one.platform, one.index):
        return True
    ready_at = call.world.state.shelf("infludata.audiences").get(internal_id(one))
    return ready_at is not None and datetime.fromisoformat(ready_at) <= call.now


def _queue_audience(call: Call, one: Profile) -> None:
    """Have an audience analysed 6 to 30 hours from the first time that anybody asked."""
    queue, key = call.world.state.shelf("infludata.audiences"), internal_id(one)
    if key not in queue:
        queue.put(key, (call.now + timedelta(minutes=6 * 60 + mix_text("audience", key) % (24 * 60))).isoformat())


def _weekly(call: Call, *, asked: bool) -> bool:
    if asked and call.account.trial:
        raise refused(call, "forbidden", "addToWeeklyEnrichment is not available for trial keys.")
    return asked


def _texts(call: Call, body: dict[str, Any], name: str) -> list[str]:
    given = body.get(name) or []
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise refused(call, "invalid", f"{name} must be a list of texts.")
    return given


def _score(one: Profile) -> float:
    return mix_text("score", one.platform, one.native_id) % 1_000 / 10


def _profile(call: Call, one: Profile) -> dict[str, Any]:
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
        "timeline": timeline(one, call.now, 30),
    }
