"""influData's Social API as its reference describes it (``001_c3c54407187bd99d.txt``).

Nine operations; costs are counted in requests, kept as credits. What the reference leaves open (the bodies of
getUserData, the type of ``error``) follows the provider's older public reference or is a setting. Nothing here is
shared with other providers.
"""

from __future__ import annotations

from typing import Any

from creator_assets.sandbox.engine.accounts import Account
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.engine.operation import Answer, Operation, Provider, Refused
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


def _windows(account: Account, _operation: Operation) -> tuple[str, tuple[RateWindow, ...]]:
    return "all", _TRIAL_WINDOWS if account.trial else _ORGANIZATION_WINDOWS


def _word(refused: Refused, _request_id: str) -> Answer:
    """Word a refusal as JSON with an ``error`` field, a text or an object; a monthly limit adds ``resetDate``."""
    extra = {name: value for name, value in refused.extra.items() if name not in ("wait_seconds", "shape")}
    shape = refused.extra.get("shape", "string")
    error: Any = refused.message
    if shape == "object":
        error = {"code": _CODES.get(refused.kind, "ERROR"), "message": refused.message}
    # An empty balance is 403 here; 402 exists only where a fault asks for it.
    return Answer({"error": error, **extra}, refused.status, headers=dict(refused.headers))


PROVIDER = Provider(
    name="infludata",
    operations=(
        Operation("ID-1", "POST", "/createTrialKey", keys.create_trial_key, needs_key=False),
        Operation("ID-2", "POST", "/verifyTrialKey", keys.verify_trial_key, needs_key=False),
        Operation("ID-3", "GET", "/getUserData", creators.user_data),
        Operation("ID-4", "GET", "/checkDataStatus", creators.data_status),
        Operation("ID-5", "POST", "/bulkAddToEnrich", creators.bulk_add),
        Operation("ID-6", "GET", "/discovery", discovery.search),
        Operation("ID-7", "GET", "/getContent", content.search),
        Operation("ID-8", "GET", "/getClientInfo", keys.client_info),
        Operation("ID-9", "GET", "/getCitiesForCountry", discovery.cities),
    ),
    word=_word,
    windows=_windows,
    default_account={
        "key": "sandbox-infludata",
        "plan": "organization",
        "limit": "5000",
        "monthly": True,
        "client_id": "sandbox-client",
    },
    gzip=True,
)
