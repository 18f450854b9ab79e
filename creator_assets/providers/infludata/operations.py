"""influData's operations: paths, prices, limits, and what a response means for the bill.

Written from ``001_c3c54407187bd99d.txt`` (the provider's API reference). Its unit is the request. A profile costs 1,
or 20 with an audience report. A creator whose report is still being made costs 1 (status 202), one that is queued
nothing (201). Each piece of content costs 1. Failed requests are not charged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.providers.contract.declaration import declare
from creator_assets.providers.contract.operations import (
    AnswerKind,
    ChargeBasis,
    Rate,
    Recovery,
    Request,
    Response,
    ResponseOutcome,
)
from creator_assets.providers.infludata import payloads
from creator_assets.providers.infludata.payloads import PAGE_SIZE, REPORT_PLATFORMS
from creator_assets.providers.parsing import outcomes
from creator_assets.providers.parsing.outcomes import ErrorRule, damaged, free, json_object

NAME = "infludata"
BASE_URL = "https://app.infludata.com/api/externalAPI"
SEED = "001_c3c54407187bd99d.txt"
QUEUED_SECONDS = 24 * 3600.0  # "Retry within 24-48h"
REPORT_SECONDS = 3600.0  # a report in the making: the free status check asks again, first after an hour
# The status says that a report is there, the report says that it is not: each further try is charged.
CHARGED_RETRY_SECONDS = 24 * 3600.0
REPORT = "with_audience_report"
CONTENT_PAGE = 100
QUEUE_LIMIT, QUEUE_LIMIT_TRIAL = 100, 10

ORGANIZATION_RATES = (Rate(scope=NAME, permits=25, per_seconds=1), Rate(scope=NAME, permits=1000, per_seconds=60))
TRIAL_RATES = (Rate(scope=NAME, permits=2, per_seconds=1), Rate(scope=NAME, permits=60, per_seconds=60))

# "Failed requests are not charged", server errors included.
_ERRORS: Mapping[int, ErrorRule] = {status: ErrorRule(Recovery.RETRY) for status in (500, 502, 503, 504)}
_FEATURE = re.compile(r"not (enabled|available|included|allowed)|feature|trial key")


def _failed(request: Request, response: Response) -> ResponseOutcome:
    """403 has two meanings, which code or wording distinguish: the balance is too low, or the key lacks a feature."""
    if response.status != 403:
        return outcomes.read_error(request, response, _ERRORS)
    body = json_object(response)
    code = outcomes.error_code(body)
    lacks_feature = bool(_FEATURE.search(outcomes.error_text(body))) or (code and not code.startswith("INSUFFICIENT"))
    recovery = Recovery.FIX_PLAN if lacks_feature else Recovery.TOP_UP
    return outcomes.read_error(request, response, {403: ErrorRule(recovery)})


def _read_search(request: Request, response: Response) -> ResponseOutcome:
    """Charged for each search. Whether an empty page costs is not documented: it counts until balances are compared."""
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
    """200 charges 1 or 20, 202 charges 1 with or without a report, 201 and 404 charge nothing."""
    if response.status == 201:
        return free(AnswerKind.PENDING, not_before_seconds=QUEUED_SECONDS, note="queued for enrichment")
    if response.status == 202:
        return ResponseOutcome(
            kind=AnswerKind.PENDING,
            charge_microcredits=request.operation.price.microcredits,
            basis=ChargeBasis.PRICED,
            not_before_seconds=CHARGED_RETRY_SECONDS,
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
    """Free. A creator that is not there yet was queued by this request, so a later one may find it."""
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
    """Charged for each piece; ``tokensDeducted`` is what was charged, ``tokensRemaining`` what is left."""
    if response.status in {400, 410} and payloads.OLDER_THAN in request.about:
        return free(AnswerKind.EMPTY, note="the cursor is over; what is older is asked for by its date, if it has one")
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
    """No step of the sign-up is charged. None is repeated: a second try spends an attempt or sends an e-mail."""
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
# The limits of a sign-up are not documented; one request in two seconds is the pace of a person.
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
