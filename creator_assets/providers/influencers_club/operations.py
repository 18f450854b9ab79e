"""influencers.club's operations: paths, prices, limits, and what a response means for the bill.

Written from ``003_4cf6d03a58a0fd76.txt`` (the provider's endpoint index). It shows no bodies: those, the page limit
of 50, the 300 requests a minute and ``credits_cost`` in answers come from the provider's public guides and
connectors. Where an answer states its cost, that cost counts and not the price.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from creator_assets.providers.contract.batch_jobs import PAUSED, UNDER_WAY
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
from creator_assets.providers.influencers_club import payloads
from creator_assets.providers.influencers_club.batch_payloads import batch_results
from creator_assets.providers.parsing import outcomes
from creator_assets.providers.parsing.batches import batch_state
from creator_assets.providers.parsing.bodies import decoded, object_at, records_at, text_at, value_at
from creator_assets.providers.parsing.outcomes import (
    ErrorRule,
    damaged,
    free,
    json_object,
    stated_balance,
    stated_microcredits,
)

NAME = "influencers_club"
BASE_URL = "https://api-dashboard.influencers.club"
SEED = "003_4cf6d03a58a0fd76.txt"
MAX_RESULTS = 10_000
PAGE_LIMIT = 50
OVERLAP_LIMIT = 10
BATCH_LIMIT = 10_000
BATCH_BYTES = 10 * 1024 * 1024
HANDLE_MODES, EMAIL_MODES = ("raw", "full"), ("basic", "advanced")
BATCH_SECONDS = 60.0  # "every 30-60 seconds"
STUCK_SECONDS = 3600.0  # failed, or out of credits: nothing happens until the batch is resumed

_SUCCESSES = frozenset({200, 201, 203, 206})  # documented is 200; what holds data is data
_RATES = (Rate(scope=NAME, permits=300, per_seconds=60),)
# "No credits are deducted" where there is no data. 403 is the credit limit, which answers before any work is done.
_ERRORS: Mapping[int, ErrorRule] = {403: ErrorRule(Recovery.TOP_UP)}
_failed = partial(outcomes.read_error, rules=_ERRORS)
# What one enriched record of a batch costs, by the mode of the batch.
MODE_PRICES: Mapping[str, str] = {"raw": "0.03", "full": "1", "basic": "0.1", "advanced": "2"}


def _outcome(
    body: Mapping[str, Any], kind: AnswerKind, priced_microcredits: int, *, is_sure: bool = True
) -> ResponseOutcome:
    """A success, charged as it states, else by the price; `is_sure` says whether the documents state that price."""
    stated = outcomes.plausible(stated_microcredits(body.get("credits_cost")))
    if stated is not None:
        charge, basis = stated, ChargeBasis.STATED
    else:
        by_price = ChargeBasis.PRICED if is_sure else ChargeBasis.ASSUMED
        charge, basis = priced_microcredits, by_price if priced_microcredits else ChargeBasis.FREE
    left = stated_balance(body.get("credits_left"))
    note = f"states a cost of {stated} microcredits, the price list says {priced_microcredits}"
    return ResponseOutcome(
        kind=kind,
        charge_microcredits=charge,
        basis=basis,
        balance_microcredits=left,
        note=note if charge != priced_microcredits else "",
    )


def _stated_costs(response: Response) -> dict[str, Any]:
    """The fields of an answer about its cost, without decoding its records."""
    fields = object_at(response.body) or {}
    return {name: value_at(fields[name]) for name in ("credits_cost", "credits_left") if name in fields}


def _read_creators(request: Request, response: Response) -> ResponseOutcome:
    """Charged for each creator that is returned."""
    if response.status not in _SUCCESSES:
        return _failed(request, response)
    accounts = payloads.accounts_in(response.body)
    if accounts is None:
        return damaged(request, "the page of creators cannot be read")
    kind = AnswerKind.FINAL if accounts else AnswerKind.EMPTY
    return _outcome(_stated_costs(response), kind, len(accounts) * request.operation.price.microcredits)


def _read_result(request: Request, response: Response) -> ResponseOutcome:
    """Charged for each successful request; an answer without data is not charged."""
    if response.status == 404:
        return free(AnswerKind.EMPTY)
    if response.status not in _SUCCESSES:
        return _failed(request, response)
    body = json_object(response)
    result = value_at(payloads.result_in(response.body))
    if result is None and "result" not in body:
        return damaged(request, "the answer holds no `result`")
    found = payloads.has_data(result) and body.get("success") is not False
    return _outcome(body, AnswerKind.FINAL if found else AnswerKind.EMPTY, request.operation.price.microcredits * found)


def _read_overlap(request: Request, response: Response) -> ResponseOutcome:
    """Charged by the request. Whether a comparison without data is, is not said: it counts until the balance tells."""
    if response.status == 404:
        return free(AnswerKind.EMPTY)
    if response.status != 200:
        return _failed(request, response)
    details = records_at(response.body, "details")
    said = value_at(response.body, "success")
    if details is None and said is not False:
        return damaged(request, "the comparison cannot be read")
    found = bool(details) and said is not False
    kind = AnswerKind.FINAL if found else AnswerKind.EMPTY
    return _outcome(_stated_costs(response), kind, request.operation.price.microcredits, is_sure=found)


def _read_batch(request: Request, response: Response) -> ResponseOutcome:
    """A batch charges each record as it succeeds: all of them count until its status is known and balances compared."""
    if response.status not in {200, 201, 202}:
        return _failed(request, response)
    if not text_at(response.body, "batch_id"):
        return damaged(request, "the answer names no batch")
    worst = request.worst_case_microcredits
    note = "charged by the record as it succeeds; counted in full until the balance tells"
    return ResponseOutcome(kind=AnswerKind.FINAL, charge_microcredits=worst, basis=ChargeBasis.ASSUMED, note=note)


def _read_batch_status(request: Request, response: Response) -> ResponseOutcome:
    if response.status != 200:
        return _failed(request, response)
    status = text_at(response.body, "status")
    if not status:
        return damaged(request, "the state of the batch cannot be read")
    state = batch_state(status)
    if state in UNDER_WAY:
        return free(AnswerKind.PENDING, not_before_seconds=BATCH_SECONDS, note=f"the batch is {state}")
    if state in {"failed", PAUSED}:
        return free(AnswerKind.PENDING, not_before_seconds=STUCK_SECONDS, note=f"the batch is {state}; resume it")
    return free(AnswerKind.FINAL)


def _read_batch_results(request: Request, response: Response) -> ResponseOutcome:
    """400 means "not finished yet": the request itself is always the same."""
    if response.status == 400:
        return free(AnswerKind.PENDING, not_before_seconds=BATCH_SECONDS, note="the batch has no results yet")
    if response.status != 200:
        return _failed(request, response)
    results = batch_results(response.body)
    return free(AnswerKind.FINAL) if results is not None else damaged(request, "the results cannot be read")


def _read_resume(request: Request, response: Response) -> ResponseOutcome:
    """Never final: a batch that pauses again must be resumed again, by the same request."""
    if not 200 <= response.status < 300:
        return _failed(request, response)
    return free(AnswerKind.PENDING, not_before_seconds=BATCH_SECONDS, note="resumed")


def _is_json(body: bytes) -> bool:
    return isinstance(decoded(body, Any), list | dict)


def _is_credits(body: bytes) -> bool:
    account = decoded(body, payloads.Credits)
    if account is None:
        return False
    return None not in {stated_balance(account.credits_available), stated_balance(account.credits_used)}


def _batch_worst_case(request: Request) -> int:
    return request.operation.price.variant_microcredits(request.body_text("enrichment_mode")) * request.weight


_ROOT = "/public/v1/"
_BATCH = f"{_ROOT}enrichment/batch/"
_declare = partial(declare, provider=NAME, source=SEED, rates=_RATES)
_by_creator = partial(
    _declare, unit="creator returned", read=_read_creators, used_by="discovery_results", fresh_days=7,
    sub_budgets=("discovery",), batch_limit=PAGE_LIMIT,
)  # fmt: skip
_by_request = partial(_declare, unit="successful request", read=_read_result)
_free = partial(_declare, credits="0", unit="call")

DISCOVERY = _by_creator("IC-1", "discovery", f"POST {_ROOT}discovery/", "0.01")
# The documents do not say whether look-alikes count against discovery's own limit: both budgets must admit them.
SIMILAR = _by_creator("IC-2", "similar", f"POST {_ROOT}discovery/creators/similar/", "0.01")
OVERLAP = _declare(
    "IC-3", "overlap", f"POST {_ROOT}creators/audience/overlap/", "1", "request", _read_overlap,
    fresh_days=30, batch_limit=OVERLAP_LIMIT, used_by="audience_overlap",
)  # fmt: skip
DICTIONARIES: Mapping[str, Operation] = {
    name: _free(
        f"IC-{number}", name, f"GET {_ROOT}discovery/classifier/{path}/",
        read=outcomes.reader_of_free(_failed, _is_json), fresh_days=7, used_by="filter_values",
    )
    for number, name, path in (
        (4, "languages", "languages"),
        (5, "locations", "locations/{platform}"),
        (6, "brands", "brands"),
        (7, "youtube_topics", "yt-topics"),
        (8, "twitch_games", "games"),
        (9, "audience_brand_categories", "audience-brand-categories"),
        (10, "audience_brand_names", "audience-brand-names"),
        (11, "audience_interests", "audience-interests"),
        (12, "audience_locations", "audience-locations"),
    )
}  # fmt: skip
SOCIALS = _by_request(
    "IC-13", "socials", f"POST {_ROOT}creators/socials/", "0.5", fresh_days=90, used_by="linked_accounts"
)
ENRICH_FULL = _by_request(
    "IC-14", "enrich_full", f"POST {_ROOT}creators/enrich/handle/full/", "1", fresh_days=30,
    used_by="enriched_profiles, audience_reports",
)  # fmt: skip
ENRICH_RAW = _by_request(
    "IC-15", "enrich_raw", f"POST {_ROOT}creators/enrich/handle/raw/", "0.03", fresh_days=30,
    used_by="enriched_profiles",
)  # fmt: skip
EMAIL_ADVANCED = _by_request(
    "IC-16", "email_advanced", f"POST {_ROOT}creators/enrich/email/advanced/", "2", fresh_days=90,
    used_by="email_matches",
)  # fmt: skip
EMAIL_BASIC = _by_request(
    "IC-17", "email_basic", f"POST {_ROOT}creators/enrich/email/", "0.1", fresh_days=90, used_by="email_matches",
    note="the provider's guides say 0.05",
)  # fmt: skip
BATCH = _declare(
    "IC-18", "batch", f"POST {_BATCH}", "2", "enriched record", _read_batch, variants=MODE_PRICES,
    worst_case=_batch_worst_case, batch_limit=BATCH_LIMIT, used_by="enrichment_batches",
    # A repeat would be a second batch, and charge every record again.
    repeat_in_doubt="never", finds_data=False,
)  # fmt: skip
BATCH_RESULTS = _free(
    "IC-19", "batch_results", f"GET {_BATCH}{{batch_id}}/", read=_read_batch_results, fresh_days=30,
    used_by="enriched_profiles, email_matches",
)  # fmt: skip
BATCH_RESUME = _free(
    "IC-20", "batch_resume", f"POST {_BATCH}{{batch_id}}/resume/", read=_read_resume, used_by="enrichment_batches"
)
BATCH_STATUS = _free(
    "IC-21", "batch_status", f"GET {_BATCH}{{batch_id}}/status/", read=_read_batch_status, used_by="enrichment_batches"
)
POSTS = _by_request(
    "IC-22", "posts", f"POST {_ROOT}creators/content/posts/", "0.03", fresh_days=7, used_by="content",
    batch_limit=max(payloads.POSTS_PER_PAGE.values()), note="the provider's connector says 0.15",
)  # fmt: skip
DETAILS = _by_request(
    "IC-23", "details", f"POST {_ROOT}creators/content/details/", "0.03", fresh_days=7,
    used_by="content_details, tracked_videos, video_stats",
)  # fmt: skip
CREDITS = _free(
    "IC-24", "credits", f"GET {_ROOT}accounts/credits/", read=outcomes.reader_of_free(_failed, _is_credits),
    used_by="provider_balances",
)  # fmt: skip
OPERATIONS = (
    DISCOVERY, SIMILAR, OVERLAP, *DICTIONARIES.values(), SOCIALS, ENRICH_FULL, ENRICH_RAW, EMAIL_ADVANCED, EMAIL_BASIC,
    BATCH, BATCH_RESULTS, BATCH_RESUME, BATCH_STATUS, POSTS, DETAILS, CREDITS,
)  # fmt: skip
