"""Influtics: the newer generation, in which a job tracks a blogger.

Served only in the ``jobs`` generation. A job takes 2 to 5 minutes. The documents name no price; a job that succeeds
costs 1 credit, like a fresh blogger. Reading a tracked blogger is free and starts no work.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from creator_assets.sandbox.engine.endpoint import Refusal, SandboxRequest, SandboxResponse
from creator_assets.sandbox.influtics.bloggers import FRESH_MICROCREDITS, blogger_body, find, finish_fetch
from creator_assets.sandbox.influtics.envelope import internal_id, microseconds, platform_in, require_balance, success
from creator_assets.sandbox.universe.mixing import mix_text

if TYPE_CHECKING:
    from creator_assets.sandbox.engine.world import World

POLL_SECONDS = 30
JOB_LIFETIME = timedelta(hours=24)


def create(request: SandboxRequest) -> SandboxResponse:
    """``POST /v1/bloggers/track``: start tracking a blogger; 202 with a job to poll."""
    _newer_only(request)
    body = request.json()
    username, count = body.get("username"), body.get("initial_videos_count")
    if not isinstance(username, str) or not username or body.get("platform") is None:
        raise Refusal("invalid", "Missing required field: platform or username", status=422)
    platform = platform_in(str(body["platform"]))
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 500:
        raise Refusal("invalid", "initial_videos_count must be an integer from 1 to 500", status=422)
    found = find(request, platform, username)
    if found is not None and _key(found.platform, found.native_id) in _tracked(request):
        raise Refusal(
            "invalid", "This creator is tracked already.", status=409, extra={"code": "CREATOR_ALREADY_TRACKED"}
        )
    require_balance(request, FRESH_MICROCREDITS)
    job_id = internal_id("job", request.request_id)
    due_at = request.now + timedelta(seconds=120 + mix_text(job_id) % 181)
    request.world.state.section("influtics.jobs").put(
        job_id,
        {
            "key": request.account.key,
            "platform": platform,
            "username": username,
            "native_id": found.native_id if found else None,
            "followers": found.followers if found else None,
            "status": "queued",
            "created_at": request.now.isoformat(),
            "due_at": due_at.isoformat(),
        },
    )
    polling = {"retry_after_seconds": POLL_SECONDS}
    return SandboxResponse({"job_id": job_id, "status_url": f"/v1/bloggers/jobs/{job_id}", "polling": polling}, 202)


def status(request: SandboxRequest) -> SandboxResponse:
    """``GET /v1/bloggers/jobs/{job_id}``: the status of a job."""
    _newer_only(request)
    job = request.world.state.section("influtics.jobs").get(request.path["job_id"])
    if job is None or job["key"] != request.account.key:
        raise Refusal("not_found", "Job not found.")
    if request.now > datetime.fromisoformat(job["created_at"]) + JOB_LIFETIME:
        raise Refusal("not_found", "The job has timed out.", status=410, extra={"code": "JOB_TIMEOUT"})
    body = {
        "job_id": request.path["job_id"],
        "status": job["status"],
        "platform": job["platform"],
        "username": job["username"],
    }
    if job["status"] == "error":
        body["error"] = "Blogger not found or data unavailable"
    return SandboxResponse(body)


def by_username(request: SandboxRequest) -> SandboxResponse:
    """``GET /v1/bloggers/by-username/{username}``: a tracked blogger."""
    _newer_only(request)
    platform = platform_in(request.query.get("platform"))
    found = find(request, platform, request.path["username"])
    kept = _tracked(request).get(_key(platform, found.native_id)) if found else None
    if found is None or kept is None:
        raise Refusal("not_found", "This creator is not tracked.", extra={"code": "BLOGGER_NOT_TRACKED"})
    finish_fetch(kept, request.now)
    flags = dict.fromkeys(("initial_videos_enqueued", "stats_update_enqueued", "videos_refresh_enqueued"), False)
    blogger = blogger_body(found, kept, flags, cached=True) | {"is_tracked": True, "tracking_id": kept["tracking_id"]}
    return success(request, {"blogger": blogger})


def run_background_work(world: World) -> None:
    """Advance jobs by the clock, and charge those that succeed."""
    now = world.clock.now()
    section = world.state.section("influtics.jobs")
    for job_id, job in section.items():
        if job["status"] in ("succeeded", "error"):
            continue
        due_at = datetime.fromisoformat(job["due_at"])
        reached = _state_at(job, now, due_at)
        if reached == "succeeded" and not _succeed(world, job_id, job, due_at):
            reached = "error"
        if reached != job["status"]:
            section.put(job_id, job | {"status": reached})


def _state_at(job: dict[str, Any], now: datetime, due_at: datetime) -> str:
    if now >= due_at:
        return "succeeded" if job["native_id"] else "error"
    started_at = datetime.fromisoformat(job["created_at"]) + timedelta(seconds=10)
    return "processing" if now >= started_at else "queued"


def _succeed(world: World, job_id: str, job: dict[str, Any], due_at: datetime) -> bool:
    account = world.accounts.find("influtics", job["key"], world.clock.now())
    if account is None or account.left_microcredits < FRESH_MICROCREDITS:
        return False
    world.charge("influtics", "IT-job", account, FRESH_MICROCREDITS, 200, background=True)
    world.state.section(f"influtics.tracked.{job['key']}").put(
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


def _newer_only(request: SandboxRequest) -> None:
    if request.world.settings.influtics_generation != "jobs":
        raise Refusal("not_found", "Not found.")


def _tracked(request: SandboxRequest) -> Any:
    return request.world.state.section(f"influtics.tracked.{request.account.key}")


def _key(platform: str, native_id: str) -> str:
    return f"{platform}/{native_id}"
