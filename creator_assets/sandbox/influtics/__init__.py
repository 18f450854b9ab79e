"""Influtics in the sandbox, built from two documented pages and the provider's public pages.

The documented pages are ``000_243d6688ae00c433.txt`` and ``004_40d95a48aadf2d02.txt``. The sandbox serves two
generations of the API: the documented bloggers/info, and the newer jobs. Video statistics, single videos and account
paths come from the public pages and are free.

Belongs here: this provider's endpoints, prices and response fields. Other providers share nothing with it.
"""

from __future__ import annotations

from typing import Any

from creator_assets.sandbox.engine.accounts import SandboxAccount
from creator_assets.sandbox.engine.endpoint import Endpoint, Refusal, SandboxProvider, SandboxResponse
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.influtics import account, bloggers, jobs, stats, tracking

_REQUESTS_PER_MINUTE = (RateWindow(20, 60),)
_CODES = {
    "invalid": "VALIDATION_ERROR",
    "unauthorized": "UNAUTHORIZED",
    "insufficient": "PAID_PLAN_REQUIRED",
    "forbidden": "SUBSCRIPTION_LIMIT",
    "not_found": "NOT_FOUND",
    "method": "METHOD_NOT_ALLOWED",
    "rate": "RATE_LIMIT_EXCEEDED",
    "monthly": "RATE_LIMITED",
    "server": "INTERNAL_ERROR",
}


def _rate_windows(_account: SandboxAccount, operation: Endpoint) -> tuple[str, tuple[RateWindow, ...]]:
    """Return 20 requests a minute for each endpoint; endpoints without a documented limit get the same."""
    return operation.id, _REQUESTS_PER_MINUTE


def _refusal_response(refusal: Refusal, request_id: str) -> SandboxResponse:
    error: dict[str, Any] = {
        "code": refusal.extra.get("code") or _CODES.get(refusal.kind, "ERROR"),
        "message": refusal.message,
    }
    error |= {name: refusal.extra[name] for name in ("field", "retry_after", "upgrade_url") if name in refusal.extra}
    error["request_id"] = request_id
    return SandboxResponse({"success": False, "error": error}, refusal.status, headers=dict(refusal.headers))


INFLUTICS = SandboxProvider(
    name="influtics",
    endpoints=(
        Endpoint("IT-1", "GET", "/v1/bloggers/info", bloggers.info),
        Endpoint("IT-2", "POST", "/v1/videos/track", tracking.track),
        Endpoint("IT-stats", "GET", "/v1/videos/stats", stats.list_videos),
        Endpoint("IT-video", "GET", "/v1/videos/by-external-id/{external_id}", stats.by_external_id),
        Endpoint("IT-video-id", "GET", "/v1/videos/by-id/{video_id}", stats.by_id),
        Endpoint("IT-usage", "GET", "/v1/account/usage", account.usage),
        Endpoint("IT-limits", "GET", "/v1/account/limits", account.limits),
        Endpoint("IT-job", "POST", "/v1/bloggers/track", jobs.create),
        Endpoint("IT-job-status", "GET", "/v1/bloggers/jobs/{job_id}", jobs.status),
        Endpoint("IT-blogger", "GET", "/v1/bloggers/by-username/{username}", jobs.by_username),
    ),
    refusal_response=_refusal_response,
    rate_windows=_rate_windows,
    accounts=({"key": "sandbox-influtics", "plan": "Pro", "limit": "100000", "monthly": True, "video_limit": 1000},),
    run_background_work=jobs.run_background_work,
)
