"""influencers.club as its index of operations and its public pages describe it.

Prices and limits come from ``003_4cf6d03a58a0fd76.txt``; bodies, which that page leaves out, from the provider's
public documentation and connectors. Errors are worded as the REST framework behind it words them. Nothing here is
shared with other providers.
"""

from __future__ import annotations

from creator_assets.microcredits import to_credits
from creator_assets.sandbox.engine.accounts import Account
from creator_assets.sandbox.engine.limits import RateWindow
from creator_assets.sandbox.engine.operation import Answer, Call, Operation, Provider, Refused
from creator_assets.sandbox.influencers_club import batches, content, dictionaries, discovery, enrichment, overlap

_DISCOVERY = "/public/v1/discovery/"
_CREATORS = "/public/v1/creators/"
_BATCH = "/public/v1/enrichment/batch/"

# FAQ: 300 requests a minute per account over all endpoints.
_REQUESTS_PER_MINUTE = (RateWindow(300, 60),)


def _credits(call: Call) -> Answer:
    """IC-24: what is left and what was used, as numbers."""
    account = call.account
    left, used = to_credits(account.left_microcredits), to_credits(account.used_microcredits)
    return Answer({"credits_available": float(left), "credits_used": float(used)})


def _windows(_account: Account, _operation: Operation) -> tuple[str, tuple[RateWindow, ...]]:
    return "all", _REQUESTS_PER_MINUTE


def _word(refused: Refused, _request_id: str) -> Answer:
    """Word a refusal: ``detail`` for the framework's own errors, a map of fields for a validation error (422)."""
    headers = dict(refused.headers)
    if refused.kind == "invalid" and "field" in refused.extra:
        return Answer({refused.extra["field"]: [refused.message]}, refused.status, headers=headers)
    message = "Invalid or missing token." if refused.kind == "unauthorized" else refused.message
    return Answer({"detail": message}, refused.status, headers=headers)


_OPERATIONS = (
    Operation("IC-1", "POST", _DISCOVERY, discovery.search),
    Operation("IC-2", "POST", f"{_DISCOVERY}creators/similar/", discovery.similar),
    Operation("IC-3", "POST", f"{_CREATORS}audience/overlap/", overlap.overlap),
    *(
        Operation(operation_id, "GET", f"{_DISCOVERY}classifier/{path}/", handler)
        for operation_id, path, handler in dictionaries.DICTIONARIES
    ),
    Operation("IC-13", "POST", f"{_CREATORS}socials/", enrichment.socials),
    Operation("IC-14", "POST", f"{_CREATORS}enrich/handle/full/", enrichment.by_handle_full),
    Operation("IC-15", "POST", f"{_CREATORS}enrich/handle/raw/", enrichment.by_handle_raw),
    Operation("IC-16", "POST", f"{_CREATORS}enrich/email/advanced/", enrichment.by_email_advanced),
    Operation("IC-17", "POST", f"{_CREATORS}enrich/email/", enrichment.by_email_basic),
    Operation("IC-18", "POST", _BATCH, batches.create),
    Operation("IC-19", "GET", f"{_BATCH}{{batch_id}}/", batches.download),
    Operation("IC-20", "POST", f"{_BATCH}{{batch_id}}/resume/", batches.resume),
    Operation("IC-21", "GET", f"{_BATCH}{{batch_id}}/status/", batches.status),
    Operation("IC-22", "POST", f"{_CREATORS}content/posts/", content.posts),
    Operation("IC-23", "POST", f"{_CREATORS}content/details/", content.details),
    Operation("IC-24", "GET", "/public/v1/accounts/credits/", _credits),
)

PROVIDER = Provider(
    name="influencers_club",
    operations=_OPERATIONS,
    word=_word,
    windows=_windows,
    default_account={"key": "sandbox-influencers-club", "plan": "Growth", "limit": "1000", "discovery_limit": "100"},
    settle=batches.settle,
    slash_redirect=True,
)
