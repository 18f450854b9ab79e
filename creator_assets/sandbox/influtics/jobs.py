"""Influtics: the newer form, in which a blogger is tracked by a job and read afterwards.

Served only in the ``jobs`` generation. A job takes 2 to 5 minutes; the documents name no price, so that of a fresh
blogger (1 credit) is charged when it succeeds. Reading a tracked blogger is free and never starts anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from creator_assets.sandbox.engine.operation import Answer, Call, Refused
from creator_assets.sandbox.influtics.bloggers import FRESH_MICROCREDITS, described, find, land
from creator_assets.sandbox.influtics.envelope import afford, internal_id, microseconds, platform_in, success
from creator_assets.sandbox.universe.mixing import mix_text

if TYPE_CHECKING:
    from creator_assets.sandbox.engine.world import World

POLL_SECONDS = 30
JOB_LIFETIME = timedelta(hours=24)


def create(call: Call) -> Answer:
    """``POST /v1/bloggers/track``: start tracking a blogger; 202 with a job to poll."""
    _newer_only(call)
    body = call.json()
    username, count = body.get("username"), body.get("initial_videos_count")
    if not isinstance(username, str) or not username or body.get("platform") is None:
        raise Refused("invalid", "Missing required field: platform or username", status=422)
    platform = platform_in(str(body["platform"]))
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 500:
        raise Refused("invalid", "initial_videos_count must be an integer from 1 to 500", status=422)
    found = find(call, platform, username)
    if found is not None and _key(found.platform, found.native_id) in _tracked(call):
        raise Refused(
            "invalid", "This creator is tracked already.", status=409, extra={"code": "CREATOR_ALREADY_TRACKED"}
        )
    afford(call, FRESH_MICROCREDITS)
    job_id = internal_id("job", call.request_id)
    due_at = call.now + timedelta(seconds=120 + mix_text(job_id) % 181)
    call.world.state.shelf("influtics.jobs").put(
        job_id,
        {
            "key": call.account.key,
            "platform": platform,
            "username": username,
            "native_id": found.native_id if found else None,
            "followers": found.followers if found else None,
            "status": "queued",
            "created_at": call.now.isoformat(),
            "due_at": due_at.isoformat(),
        },
    )
    polling = {"retry_after_seconds": POLL_SECONDS}
    return Answer({"job_id": job_id, "status_url": f"/v1/bloggers/jobs/{job_id}", "polling": polling}, 202)


def status(call: Call) -> Answer:
    """``GET /v1/bloggers/jobs/{job_id}``: how far a job is."""
    _newer_only(call)
    job = call.world.state.shelf("influtics.jobs").get(call.path["job_id"])
    if job is None or job["key"] != call.account.key:
        raise Refused("not_found", "Job not found.")
    if call.now > datetime.fromisoformat(job["created_at"]) + JOB_LIFETIME:
        raise Refused("not_found", "The job has timed out.", status=410, extra={"code": "JOB_TIMEOUT"})
    body = {
        "job_id": call.path["job_id"],
        "status": job["status"],
        "platform": job["platform"],
        "username": job["username"],
    }
    if job["status"] == "error":
        body["error"] = "Blogger not found or data unavailable"
    return Answer(body)


def by_username(call: Call) -> Answer:
    """``GET /v1/bloggers/by-username/{username}``: a tracked blogger."""
    _newer_only(call)
    platform = platform_in(call.query.get("platform"))
    found = find(call, platform, call.path["username"])
    kept = _tracked(call).get(_key(platform, found.native_id)) if found else None
    if found is None or kept is None:
        raise Refused("not_found", "This creator is not tracked.", extra={"code": "BLOGGER_NOT_TRACKED"})
    land(kept, call.now)
    flags = dict.fromkeys(("initial_videos_enqueued", "stats_update_enqueued", "videos_refresh_enqueued"), False)
    blogger = described(found, kept, flags, cached=True) | {"is_tracked": True, "tracking_id": kept["tracking_id"]}
    return success(call, {"blogger": blogger})


def settle(world: World) -> None:
    """Move jobs on, charging those that succeed."""
    now = world.clock.now()
    shelf = world.state.shelf("influtics.jobs")
    for job_id, job in shelf.items():
        if job["status"] in ("succeeded", "error"):
            continue
        due_at = datetime.fromisoformat(job["due_at"])
        reached = _state_at(job, now, due_at)
        if reached == "succeeded" and not _succeed(world, job_id, job, due_at):
            reached = "error"
        if reached != job["status"]:
            shelf.put(job_id, job | {"status": reached})


def _state_at(job: dict[str, Any], now: datetime, due_at: datetime) -> str:
    if now >= due_at:
        return "succeeded" if job["native_id"] else "error"
    started_at = datetime.fromisoformat(job["created_at"]) + timedelta(seconds=10)
    return "processing" if now >= started_at else "queued"


def _succeed(world: World, job_id: str, job: dict[str, Any], due_at: datetime) -> bool:
    account = world.accounts.find("influtics", job["key"], world.clock.now())
    if account is None or account.left_microcredits < FRESH_MICROCREDITS:
        return False
    world.settle_charge("influtics", "IT-job", account, FRESH_MICROCREDITS, 200, background=True)
    world.state.shelf(f"influtics.tracked.{job['key']}").put(
        _key(job["platform"], job["native_id"]),
        {
            "created_at": job["created_at"],
            "updated_at": microseconds(due_at),
            "followers": job["followers"],
            "stats_at": job["due_at"],
            "due_at": None,
            "tracking_id": job_id,
        },
    )
    return True


def _newer_only(call: Call) -> None:
    if call.world.settings.influtics_generation != "jobs":
        raise Refused("not_found", "Not found.")


def _tracked(call: Call) -> Any:
    return call.world.state.shelf(f"influtics.tracked.{call.account.key}")


def _key(platform: str, native_id: str) -> str:
    return f"{platform}/{native_id}"
