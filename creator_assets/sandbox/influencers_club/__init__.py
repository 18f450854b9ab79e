"""influencers.club in the sandbox, built from its index of operations and its public pages.

Prices and limits come from ``003_4cf6d03a58a0fd76.txt``. That page has no bodies; they come from the provider's public
documentation and connectors. Errors have the texts of the provider's REST framework.

Belongs here: this provider's endpoints, prices and response fields. Other providers share nothing with it.
"""

from __future__ import annotations

from creator_assets.microcredits import to_credits
from creator_assets.sandbox.engine.accounts import SandboxAccount
from creator_assets.sandbox.engine.endpoint import Endpoint, Refusal, SandboxProvider, SandboxRequest, SandboxResponse
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.influencers_club import batches, content, dictionaries, discovery, enrichment, overlap

_DISCOVERY = "/public/v1/discovery/"
_CREATORS = "/public/v1/creators/"
_BATCH = "/public/v1/enrichment/batch/"

# FAQ: 300 requests a minute per account over all endpoints.
_REQUESTS_PER_MINUTE = (RateWindow(300, 60),)


def _credits(request: SandboxRequest) -> SandboxResponse:
    """IC-24: the remaining and the used credits, as numbers."""
    account = request.account
    left, used = to_credits(account.left_microcredits), to_credits(account.used_microcredits)
    return SandboxResponse({"credits_available": float(left), "credits_used": float(used)})


def _rate_windows(_account: SandboxAccount, _operation: Endpoint) -> tuple[str, tuple[RateWindow, ...]]:
    return "all", _REQUESTS_PER_MINUTE


def _refusal_response(refusal: Refusal, _request_id: str) -> SandboxResponse:
    """Build a refusal: ``detail`` for the framework's own errors, a map of fields for a validation error (422)."""
    headers = dict(refusal.headers)
    if refusal.kind == "invalid" and "field" in refusal.extra:
        return SandboxResponse({refusal.extra["field"]: [refusal.message]}, refusal.status, headers=headers)
    message = "Invalid or missing token." if refusal.kind == "unauthorized" else refusal.message
    return SandboxResponse({"detail": message}, refusal.status, headers=headers)


_ENDPOINTS = (
    Endpoint("IC-1", "POST", _DISCOVERY, discovery.search),
    Endpoint("IC-2", "POST", f"{_DISCOVERY}creators/similar/", discovery.similar),
    Endpoint("IC-3", "POST", f"{_CREATORS}audience/overlap/", overlap.overlap),
    *(
        Endpoint(operation_id, "GET", f"{_DISCOVERY}classifier/{path}/", handler)
        for operation_id, path, handler in dictionaries.DICTIONARIES
    ),
    Endpoint("IC-13", "POST", f"{_CREATORS}socials/", enrichment.socials),
    Endpoint("IC-14", "POST", f"{_CREATORS}enrich/handle/full/", enrichment.by_handle_full),
    Endpoint("IC-15", "POST", f"{_CREATORS}enrich/handle/raw/", enrichment.by_handle_raw),
    Endpoint("IC-16", "POST", f"{_CREATORS}enrich/email/advanced/", enrichment.by_email_advanced),
    Endpoint("IC-17", "POST", f"{_CREATORS}enrich/email/", enrichment.by_email_basic),
    Endpoint("IC-18", "POST", _BATCH, batches.create),
    Endpoint("IC-19", "GET", f"{_BATCH}{{batch_id}}/", batches.download),
    Endpoint("IC-20", "POST", f"{_BATCH}{{batch_id}}/resume/", batches.resume),
    Endpoint("IC-21", "GET", f"{_BATCH}{{batch_id}}/status/", batches.status),
    Endpoint("IC-22", "POST", f"{_CREATORS}content/posts/", content.posts),
    Endpoint("IC-23", "POST", f"{_CREATORS}content/details/", content.details),
    Endpoint("IC-24", "GET", "/public/v1/accounts/credits/", _credits),
)

INFLUENCERS_CLUB = SandboxProvider(
    name="influencers_club",
    endpoints=_ENDPOINTS,
    refusal_response=_refusal_response,
    rate_windows=_rate_windows,
    accounts=({"key": "sandbox-influencers-club", "plan": "Growth", "limit": "1000", "discovery_limit": "100"},),
    run_background_work=batches.run_background_work,
    slash_redirect=True,
)
