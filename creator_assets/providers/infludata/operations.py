"""influData's operations: paths, prices, limits, what an answer means for the bill, and the calls that are made.

Written from ``001_c3c54407187bd99d.txt`` (the provider's API reference). Its unit is the request: a profile costs 1,
or 20 with an audience report; a creator that is found while the report is still being made costs 1 (status 202); one
that is queued costs nothing (201); each piece of content costs 1. Failed requests are not charged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.capability_protocols import Filters
from creator_assets.providers.contract.declaration import declare
from creator_assets.providers.contract.operations import (
    Answer,
    AnswerKind,
    ChargeBasis,
    PagedRequest,
    Rate,
    Recovery,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.infludata import payloads
from creator_assets.providers.infludata.payloads import PAGE_SIZE, REPORT_PLATFORMS, STATUS_PLATFORMS
from creator_assets.providers.parsing import outcomes
from creator_assets.providers.parsing.outcomes import ErrorRule, damaged, free, json_object

NAME = "infludata"
BASE_URL = "https://app.infludata.com/api/externalAPI"
SEED = "001_c3c54407187bd99d.txt"
QUEUED_SECONDS = 24 * 3600.0  # "Retry within 24-48h"
REPORT_SECONDS = 3600.0  # a report in the making: looked at again by the free status check, first after an hour
# Where the status says that a report is there and the report itself that it is not, each further try is charged.
CHARGED_LOOK_SECONDS = 24 * 3600.0
REPORT = "with_audience_report"
CONTENT_PAGE = 100
QUEUE_LIMIT, QUEUE_LIMIT_TRIAL = 100, 10

ORGANIZATION_RATES = (Rate(scope=NAME, permits=25, per_seconds=1), Rate(scope=NAME, permits=1000, per_seconds=60))
TRIAL_RATES = (Rate(scope=NAME, permits=2, per_seconds=1), Rate(scope=NAME, permits=60, per_seconds=60))

# "Failed requests are not charged", server errors included.
_ERRORS: Mapping[int, ErrorRule] = {status: ErrorRule(Recovery.RETRY) for status in (500, 502, 503, 504)}
_FEATURE = re.compile(r"not (enabled|available|included|allowed)|feature|trial key")


def _failed(request: Request, response: Response) -> ResponseOutcome:
    """403 has two meanings: the balance is too low, or the key lacks a feature. Code or wording tell them apart."""
    if response.status != 403:
        return outcomes.read_error(request, response, _ERRORS)
    body = json_object(response)
    code = outcomes.error_code(body)
    lacks_feature = bool(_FEATURE.search(outcomes.error_text(body))) or (code and not code.startswith("INSUFFICIENT"))
    recovery = Recovery.FIX_PLAN if lacks_feature else Recovery.TOP_UP
    return outcomes.read_error(request, response, {403: ErrorRule(recovery)})


def _read_search(request: Request, response: Response) -> ResponseOutcome:
    """Charged by the search. Whether an empty page is, is not said: it counts until the balance tells."""
    if response.status != 200:
        return _failed(request, response)
    users = payloads.users_in(response.body)
    if users is None:
        return damaged(request, "the page of creators cannot be read")
    return ResponseOutcome(
        kind=AnswerKind.FINAL if users else AnswerKind.EMPTY,
        charge_microcredits=request.operation.price.microcredits,
        basis=ChargeBasis.PRICED if users else ChargeBasis.ASSUMED,
    )


def _read_profile(request: Request, response: Response) -> ResponseOutcome:
    """200 charges 1 or 20, 202 charges 1 whatever was asked, 201 and 404 charge nothing."""
    if response.status == 201:
        return free(AnswerKind.PENDING, not_before_seconds=QUEUED_SECONDS, note="queued for enrichment")
    if response.status == 202:
        return ResponseOutcome(
            kind=AnswerKind.PENDING,
            charge_microcredits=request.operation.price.microcredits,
            basis=ChargeBasis.PRICED,
            not_before_seconds=CHARGED_LOOK_SECONDS,
            note="audience report still in the making",
        )
    if response.status == 404:
        return free(AnswerKind.EMPTY)
    if response.status != 200:
        return _failed(request, response)
    if not payloads.is_profile(response.body):
        return damaged(request, "the profile cannot be read")
    return ResponseOutcome(
        kind=AnswerKind.FINAL, charge_microcredits=request.worst_case_microcredits, basis=ChargeBasis.PRICED
    )


def _read_status(request: Request, response: Response) -> ResponseOutcome:
    """Free. What is not there yet was queued by this very call, so a later look may find it."""
    if response.status == 404:
        return free(AnswerKind.EMPTY)
    status = payloads.data_status(response.body) if response.status == 200 else None
    if response.status != 200:
        return _failed(request, response)
    if status is None:
        return damaged(request, "the status cannot be read")
    if not status.is_in_database:
        return free(AnswerKind.PENDING, not_before_seconds=QUEUED_SECONDS, note="queued for enrichment")
    if not status.has_audience and request.params.get("platform") in REPORT_PLATFORMS:
        return free(AnswerKind.PENDING, not_before_seconds=REPORT_SECONDS, note="no audience report yet")
    return free(AnswerKind.FINAL)


def _read_content(request: Request, response: Response) -> ResponseOutcome:
    """Charged by the piece; ``tokensDeducted`` is what was taken, ``tokensRemaining`` what is left."""
    if response.status in {400, 410} and payloads.OLDER_THAN in request.about:
        return free(AnswerKind.EMPTY, note="the cursor is over; what is older is asked for by its date")
    if response.status == 404:
        return free(AnswerKind.EMPTY)
    if response.status != 200:
        return _failed(request, response)
    page = payloads.content_page(response.body)
    if page is None:
        return damaged(request, "the page of content cannot be read")
    priced = len(page.items) * request.operation.price.microcredits
    stated = outcomes.plausible(_requests(page.deducted))
    unstated = ChargeBasis.PRICED if priced else ChargeBasis.FREE
    charge = priced if stated is None else stated
    return ResponseOutcome(
        kind=AnswerKind.FINAL if page.items else AnswerKind.EMPTY,
        charge_microcredits=charge,
        basis=unstated if stated is None else ChargeBasis.STATED,
        balance_microcredits=outcomes.plausible(_requests(page.remaining), outcomes.MOST_LEFT_MICROCREDITS),
        note="" if charge == priced else f"{len(page.items)} pieces, {page.deducted} requests deducted",
    )


def _requests(count: int | None) -> int | None:
    return None if count is None else count * MICROCREDITS_PER_CREDIT


def _read_signup(request: Request, response: Response) -> ResponseOutcome:
    """No step of the sign-up is charged, and none is worth repeating: a second try spends an attempt or sends mail."""
    if response.status in {200, 201} and json_object(response).get("success") is not False:
        return free(AnswerKind.FINAL)
    left = outcomes.error_field(json_object(response), "attemptsRemaining")
    rules = dict.fromkeys((400, 401, 404, 409, 410, 429, 500, 503), ErrorRule(Recovery.FIX_REQUEST))
    read = outcomes.read_error(request, response, rules)
    return read if left is None else free(read.kind, recovery=read.recovery, note=f"{read.note}, {left} attempts left")


def _wants_report(request: Request) -> bool:
    return request.params.get("includeAudienceReport") == "true"


_free_if = partial(outcomes.reader_of_free, _failed)
_declare = partial(declare, provider=NAME, source=SEED, rates=ORGANIZATION_RATES, trial_rates=TRIAL_RATES)
_signup = partial(_declare, credits="0", unit="call", read=_read_signup, authenticated=False, holds_secret=True)
# The limits of a sign-up are not told; a pace of one in two seconds is a person's.
_SIGNUP_RATES = (Rate(scope=f"{NAME}/signup", permits=1, per_seconds=2),)

TRIAL_KEY = _signup(
    "ID-1", "trial_key", "POST /createTrialKey", rates=_SIGNUP_RATES, trial_rates=(), used_by="trial-key"
)
TRIAL_CODE = _signup(
    "ID-2", "trial_code", "POST /verifyTrialKey", rates=_SIGNUP_RATES, trial_rates=(), used_by="trial-key"
)
USER_DATA = _declare(
    "ID-3", "user_data", "GET /getUserData", "1", "request", _read_profile, variants={REPORT: "20"},
    fresh_days=30, used_by="enriched_profiles, audience_reports",
    worst_case=lambda request: request.operation.price.variant_microcredits(REPORT if _wants_report(request) else ""),
)  # fmt: skip
DATA_STATUS = _declare(
    "ID-4", "data_status", "GET /checkDataStatus", "0", "call", _read_status, used_by="audience_reports"
)
QUEUE = _declare(
    "ID-5", "queue", "POST /bulkAddToEnrich", "0", "call", _free_if(payloads.is_queue_answer),
    batch_limit=QUEUE_LIMIT, used_by="enrichment_batches",
)  # fmt: skip
DISCOVERY = _declare(
    "ID-6", "discovery", "GET /discovery", "1", "search of 20 creators", _read_search,
    fresh_days=7, batch_limit=PAGE_SIZE, used_by="discovery_results",
    at_least=lambda request: request.operation.price.microcredits,
)  # fmt: skip
CONTENT = _declare(
    "ID-7", "content", "GET /getContent", "1", "piece of content", _read_content,
    fresh_days=7, batch_limit=CONTENT_PAGE, used_by="content",
)  # fmt: skip
CLIENT_INFO = _declare(
    "ID-8", "client_info", "GET /getClientInfo", "0", "call", _free_if(payloads.is_client_info),
    used_by="provider_balances",
)  # fmt: skip
CITIES = _declare(
    "ID-9", "cities", "GET /getCitiesForCountry", "0", "call", _free_if(payloads.is_city_list),
    fresh_days=7, used_by="filter_values",
)  # fmt: skip
OPERATIONS = (TRIAL_KEY, TRIAL_CODE, USER_DATA, DATA_STATUS, QUEUE, DISCOVERY, CONTENT, CLIENT_INFO, CITIES)


def trial_key(email: str, *, email_hash: str, company: str = "") -> PagedRequest:
    """Ask for a verification code; it is sent to the address and good for 15 minutes."""
    body = {"email": email} | ({"company": company} if company else {})
    return PagedRequest(first=Request(operation=TRIAL_KEY, body=body, redacted_inputs={"email": email_hash}))


def trial_code(email: str, code: str, *, email_hash: str) -> PagedRequest:
    """Exchange a verification code for a trial key: at most 5 attempts a code."""
    redacted_inputs = {"email": email_hash, "code": "-"}
    return PagedRequest(
        first=Request(operation=TRIAL_CODE, body={"email": email, "code": code}, redacted_inputs=redacted_inputs)
    )


@at_account_prices
def search(_settings: ProviderSettings, platform: str, filters: Filters, max_creators: int) -> PagedRequest:
    """The pages of one search, 20 creators each at 1 request a page."""
    query = {"platform": platform} | {key: _query_text(value) for key, value in sorted(filters.items())}

    def page(number: int) -> Request:
        return Request(operation=DISCOVERY, params={**query, "skipCount": str(number * PAGE_SIZE)})

    def follow(answer: Answer, requests_made: int) -> Request | None:
        return page(requests_made) if len(payloads.users_in(answer.body) or ()) >= PAGE_SIZE else None

    return PagedRequest(first=page(0), follow=follow, max_calls=-(-max_creators // PAGE_SIZE))


@at_account_prices
def profile(_settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """The profile behind a handle: 1 request."""
    return PagedRequest(first=Request(operation=USER_DATA, params={"platform": platform, "username": username}))


@at_account_prices
def profile_with_report(_settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """The profile with its audience report: 20 requests, 1 while the report is in the making."""
    params = {"platform": platform, "username": username, "includeAudienceReport": "true"}
    return PagedRequest(first=Request(operation=USER_DATA, params=params))


@at_account_prices
def status(_settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """Whether a creator and its audience report are there: free, to be asked before the report is paid for."""
    return PagedRequest(first=Request(operation=DATA_STATUS, params={"platform": platform, "username": username}))


@at_account_prices
def queue(settings: ProviderSettings, platform: str, usernames: Sequence[str]) -> list[PagedRequest]:
    """Have creators enriched within 24 to 48 hours, 100 in a call (10 with a trial key): free.

    Raises:
        ValueError: influData does not enrich creators of this platform on demand.
    """
    if platform not in STATUS_PLATFORMS:
        raise ValueError(f"{NAME} queues creators of {', '.join(STATUS_PLATFORMS)}, not of {platform}")
    size = QUEUE_LIMIT_TRIAL if settings.is_trial else QUEUE_LIMIT
    names = list(dict.fromkeys(usernames))
    return [
        PagedRequest(first=Request(operation=QUEUE, body={"platform": platform, "usernames": names[at : at + size]}))
        for at in range(0, len(names), size)
    ]


@at_account_prices
def balance(settings: ProviderSettings) -> PagedRequest:
    """The account's remaining requests; free."""
    return PagedRequest(first=Request(operation=CLIENT_INFO, params={"clientId": settings.client_id}))


@at_account_prices
def cities(_settings: ProviderSettings, _platform: str, filters: Filters) -> list[PagedRequest]:
    """The cities that a search may name for its country (whose name is case-sensitive); free."""
    country = filters.get("country")
    return [PagedRequest(first=Request(operation=CITIES, params={"country": str(country)}))] if country else []


def _query_text(value: Any) -> str:
    """A filter as the query wants it: lists with commas, flags in lower case."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(_query_text(item) for item in value)
    return str(value)
