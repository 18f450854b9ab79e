"""Influtics: what an account used and may use; free.

Shapes follow the provider's connector. What an operation costs is decided where it is served.
"""

from __future__ import annotations

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.sandbox.engine.operation import Answer, Call
from creator_assets.sandbox.influtics.envelope import success
from creator_assets.sandbox.influtics.stats import is_active, videos_of


def usage(call: Call) -> Answer:
    """``GET /v1/account/usage``: the charges one by one, and their sum against the plan."""
    account = call.account
    history = call.world.state.shelf("influtics.usage").get(account.key) or []
    tracked = sum(is_active(kept, call.now) for kept in videos_of(call).values())
    summary = {
        "plan": account.plan,
        "is_unlimited": False,
        "videos": {"limit": account.video_limit, "used": tracked},
        "credits": {
            "total": account.limit_microcredits // MICROCREDITS_PER_CREDIT,
            "used": account.used_microcredits // MICROCREDITS_PER_CREDIT,
        },
    }
    return success(call, {"usage_history": list(reversed(history)), "summary": summary})


def limits(call: Call) -> Answer:
    """``GET /v1/account/limits``: how fast an account may call."""
    rates = {
        "requests_per_minute": 20,
        "requests_per_hour": 1_200,
        "requests_per_day": 28_800,
        "requests_per_month": 864_000,
        "burst_allowance": 0,
    }
    return success(call, {"rate_limits": rates})
