"""influData's Social API in the sandbox, built from its reference (``001_c3c54407187bd99d.txt``).

The provider counts costs in requests; the sandbox stores them as credits. The reference leaves some things open (bodies
of getUserData, type of ``error``). They follow the provider's older public reference, or are a setting.

Belongs here: this provider's endpoints, prices and response fields. Other providers share nothing with it.
"""

from __future__ import annotations

from typing import Any

from creator_assets.sandbox.engine.accounts import SandboxAccount
from creator_assets.sandbox.engine.endpoint import Endpoint, Refusal, SandboxProvider, SandboxResponse
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.infludata import content, creators, discovery, keys

_ORGANIZATION_WINDOWS = (RateWindow(25, 1), RateWindow(1_000, 60))
_TRIAL_WINDOWS = (RateWindow(2, 1), RateWindow(60, 60))
_CODES = {
    "invalid": "BAD_REQUEST",
    "unauthorized": "UNAUTHORIZED",
    "insufficient": "INSUFFICIENT_TOKENS",
    "forbidden": "FORBIDDEN",
    "not_found": "NOT_FOUND",
    "rate": "RATE_LIMIT_EXCEEDED",
    "monthly": "MONTHLY_LIMIT_EXCEEDED",
    "server": "INTERNAL_ERROR",
}


def _rate_windows(account: SandboxAccount, _operation: Endpoint) -> tuple[str, tuple[RateWindow, ...]]:
    return "all", _TRIAL_WINDOWS if account.trial else _ORGANIZATION_WINDOWS


def _refusal_response(refusal: Refusal, _request_id: str) -> SandboxResponse:
    """Build a refusal: JSON with an ``error`` field, a text or an object; a monthly limit adds ``resetDate``."""
    extra = {name: value for name, value in refusal.extra.items() if name not in ("wait_seconds", "shape")}
    shape = refusal.extra.get("shape", "string")
    error: Any = refusal.message
    if shape == "object":
        error = {"code": _CODES.get(refusal.kind, "ERROR"), "message": refusal.message}
    # An empty balance is 403 here; only a fault rule gives 402.
    return SandboxResponse({"error": error, **extra}, refusal.status, headers=dict(refusal.headers))


INFLUDATA = SandboxProvider(
    name="infludata",
    endpoints=(
        Endpoint("ID-1", "POST", "/createTrialKey", keys.create_trial_key, needs_key=False),
        Endpoint("ID-2", "POST", "/verifyTrialKey", keys.verify_trial_key, needs_key=False),
        Endpoint("ID-3", "GET", "/getUserData", creators.user_data),
        Endpoint("ID-4", "GET", "/checkDataStatus", creators.data_status),
        Endpoint("ID-5", "POST", "/bulkAddToEnrich", creators.bulk_add),
        Endpoint("ID-6", "GET", "/discovery", discovery.search),
        Endpoint("ID-7", "GET", "/getContent", content.search),
        Endpoint("ID-8", "GET", "/getClientInfo", keys.client_info),
        Endpoint("ID-9", "GET", "/getCitiesForCountry", discovery.cities),
    ),
    refusal_response=_refusal_response,
    rate_windows=_rate_windows,
    accounts=(
        {
            "key": "sandbox-infludata",
            "plan": "organization",
            "limit": "5000",
            "monthly": True,
            "client_id": "sandbox-client",
        },
    ),
    gzip=True,
)
