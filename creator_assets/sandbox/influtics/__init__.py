"""Influtics as its two documented pages describe it, with what its public pages add.

The pages are ``000_243d6688ae00c433.txt`` and ``004_40d95a48aadf2d02.txt``. Two generations
are served: the documented bloggers/info, and the job form that is said to have replaced it. The stats read, the single
video and the account paths come from the public pages and are free. Nothing here is shared with other providers.
"""

from __future__ import annotations

from typing import Any

from creator_assets.sandbox.engine.accounts import Account
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.engine.operation import Answer, Operation, Provider, Refused
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


def _windows(_account: Account, operation: Operation) -> tuple[str, tuple[RateWindow, ...]]:
    """Twenty requests a minute for each documented endpoint; the same is assumed for those that state nothing."""
    return operation.id, _REQUESTS_PER_MINUTE


def _word(refused: Refused, request_id: str) -> Answer:
    error: dict[str, Any] = {
        "code": refused.extra.get("code") or _CODES.get(refused.kind, "ERROR"),
        "message": refused.message,
    }
    error |= {name: refused.extra[name] for name in ("field", "retry_after", "upgrade_url") if name in refused.extra}
    error["request_id"] = request_id
    return Answer({"success": False, "error": error}, refused.status, headers=dict(refused.headers))


PROVIDER = Provider(
    name="influtics",
    operations=(
        Operation("IT-1", "GET", "/v1/bloggers/info", bloggers.info),
        Operation("IT-2", "POST", "/v1/videos/track", tracking.track),
        Operation("IT-stats", "GET", "/v1/videos/stats", stats.listed),
        Operation("IT-video", "GET", "/v1/videos/by-external-id/{external_id}", stats.by_external_id),
        Operation("IT-video-id", "GET", "/v1/videos/by-id/{video_id}", stats.by_id),
        Operation("IT-usage", "GET", "/v1/account/usage", account.usage),
        Operation("IT-limits", "GET", "/v1/account/limits", account.limits),
        Operation("IT-job", "POST", "/v1/bloggers/track", jobs.create),
        Operation("IT-job-status", "GET", "/v1/bloggers/jobs/{job_id}", jobs.status),
        Operation("IT-blogger", "GET", "/v1/bloggers/by-username/{username}", jobs.by_username),
    ),
    word=_word,
    windows=_windows,
    default_account={
        "key": "sandbox-influtics",
        "plan": "Pro",
        "limit": "100000",
        "monthly": True,
        "video_limit": 1000,
    },
    settle=jobs.settle,
)
