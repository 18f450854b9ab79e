"""KeyAPI's one operation: analytics of up to ten TikTok accounts for 1 credit.

Written from ``002_4ccb9e44c0d725df.txt``. A request has one price for any number of accounts, so accounts are joined.
The limit of ten is the upstream's (https://opendocs.echotik.live). No rate is stated, so a careful one is used. The
code in the body counts as well as the status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from creator_assets.providers.contract.declaration import declare
from creator_assets.providers.contract.operations import (
    AnswerKind,
    ChargeBasis,
    Operation,
    Rate,
    Recovery,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.keyapi import payloads
from creator_assets.providers.parsing import outcomes
from creator_assets.providers.parsing.outcomes import ErrorRule, damaged, json_object

NAME = "keyapi"
BASE_URL = "https://api.keyapi.ai"
SEED = "002_4ccb9e44c0d725df.txt"
PLATFORMS = ("tiktok",)
IDS_PER_REQUEST = 10

_RATES = (Rate(scope=NAME, permits=2, per_seconds=1),)
# Whether a failure is charged is not documented: it counts until the balance is compared. A refusal that itself says
# that nothing was done (no key, no quota, too fast) is free.
_ERRORS: Mapping[int, ErrorRule] = {
    status: ErrorRule(recovery, may_be_charged=True)
    for status, recovery in (
        (400, Recovery.FIX_REQUEST),
        (403, Recovery.FIX_PLAN),
        (404, Recovery.FIX_REQUEST),
        (422, Recovery.FIX_REQUEST),
        (500, Recovery.RETRY),
    )
}
_QUOTA = re.compile(r"limit exceeded|quota")


def _read_accounts(request: Request, response: Response) -> ResponseOutcome:
    """1 credit for the request, also where accounts are missing in the answer."""
    code = payloads.code_in(response.body)
    if response.status != 200 or code not in {0, 200}:
        return _read_failure(request, response, code)
    accounts = payloads.accounts_in(response.body)
    if accounts is None:
        return damaged(request, "the accounts cannot be read")
    return ResponseOutcome(
        kind=AnswerKind.FINAL if accounts else AnswerKind.EMPTY,
        charge_microcredits=request.operation.price.microcredits,
        basis=ChargeBasis.PRICED if accounts else ChargeBasis.ASSUMED,
    )


def _read_failure(request: Request, response: Response, code: int | None) -> ResponseOutcome:
    if response.status == 200 and code is None:
        return damaged(request, "the answer states no code")
    status = response.status if response.status != 200 or code is None else code
    # The upstream answers 500 where the quota is used up; no retry helps then.
    if status == 500 and _QUOTA.search(outcomes.error_text(json_object(response))):
        return outcomes.read_error(request, response, {500: ErrorRule(Recovery.TOP_UP)}, status=status)
    return outcomes.read_error(request, response, _ERRORS, status=status)


def _join(requests: Sequence[Request]) -> Request:
    """Ask for all accounts at once; one request may hold ids and handles."""
    asked: dict[str, list[str]] = {}
    for request in requests:
        for name, value in request.params.items():
            asked.setdefault(name, []).append(value)
    return msgspec.structs.replace(requests[0], params={name: ",".join(values) for name, values in asked.items()})


_declare = partial(declare, provider=NAME, source=SEED, rates=_RATES)

ANALYTICS: Operation = _declare(
    "KA-1",
    "analytics",
    "GET /v1/tiktok/influencer/detail/analytics",
    "1",
    "request of up to 10 accounts",
    _read_accounts,
    fresh_days=7,
    batch_limit=IDS_PER_REQUEST,
    used_by="enriched_profiles",
    worst_case=lambda request: request.operation.price.microcredits,
    at_least=lambda request: request.operation.price.microcredits,
    join=_join,
)
OPERATIONS = (ANALYTICS,)


def _request(ids: Mapping[str, str]) -> Request:
    return Request(operation=ANALYTICS, params=dict(ids))
