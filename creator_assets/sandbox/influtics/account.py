"""Influtics: usage and limits of an account; free.

The fields follow the provider's connector. Prices of operations do not belong here.
"""

from __future__ import annotations

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.endpoint import SandboxRequest, SandboxResponse
from creator_assets.sandbox.influtics.envelope import success
from creator_assets.sandbox.influtics.stats import is_active, videos_of


def usage(request: SandboxRequest) -> SandboxResponse:
    """``GET /v1/account/usage``: the charges one by one, and their sum beside the plan."""
    account = request.account
    history = request.world.state.section("influtics.usage").get(account.key) or []
    tracked = sum(is_active(kept, request.now) for kept in videos_of(request).values())
    summary = {
        "plan": account.plan,
        "is_unlimited": False,
        "videos": {"limit": account.video_limit, "used": tracked},
        "credits": {
            "total": account.limit_microcredits // MICROCREDITS_PER_CREDIT,
            "used": account.used_microcredits // MICROCREDITS_PER_CREDIT,
        },
    }
    return success(request, {"usage_history": list(reversed(history)), "summary": summary})


def limits(request: SandboxRequest) -> SandboxResponse:
    """``GET /v1/account/limits``: the rate limits of an account."""
    rates = {
        "requests_per_minute": 20,
        "requests_per_hour": 1_200,
        "requests_per_day": 28_800,
        "requests_per_month": 864_000,
        "burst_allowance": 0,
    }
    return success(request, {"rate_limits": rates})
