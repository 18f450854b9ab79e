"""influencers.club's operations: paths, prices, limits, and what an answer means for the bill.

Written from ``003_4cf6d03a58a0fd76.txt`` (the provider's endpoint index). It shows no bodies: those, the page limit
of 50, the 300 requests a minute and ``credits_cost`` in answers come from the provider's public guides and
connectors. Where an answer states its cost, that is believed over the price.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from creator_assets.microcredits import InexactAmountError, to_microcredits
from creator_assets.providers.contract import (
    Answer,
    AnswerKind,
    Basis,
    Call,
    Operation,
    Pages,
    Price,
    ProviderSettings,
    Rate,
    Reading,
    Recovery,
    Response,
)
from creator_assets.providers.influencers_club.payloads import accounts_in
from creator_assets.providers.readings import ErrorRule, damaged, json_object, read_error

NAME = "influencers_club"
BASE_URL = "https://api-dashboard.influencers.club"
SEED = "003_4cf6d03a58a0fd76.txt"
MAX_RESULTS = 10_000
PAGE_LIMIT = 50

_RATES = (Rate(scope=NAME, permits=300, per_seconds=60),)
_CREATE = "/public/v1/discovery/"
_DICTIONARY = "/public/v1/discovery/classifier/"
# "No credits are deducted" where there is no data, and a credit limit answers before any work is done.
_ERRORS: Mapping[int, ErrorRule] = {403: ErrorRule(Recovery.TOP_UP)}


def _stated_cost(body: Mapping[str, Any]) -> int | None:
    """The answer's own ``credits_cost`` in microcredits, None where it states none that can be booked exactly."""
    cost = body.get("credits_cost")
    if cost is None or isinstance(cost, bool):
        return None
    try:
        return to_microcredits(Decimal(str(cost)))
    except (InexactAmountError, ArithmeticError):
        return None


def _balance(body: Mapping[str, Any]) -> int | None:
    return _stated_cost({"credits_cost": body.get("credits_left")})


def _reading(body: Mapping[str, Any], kind: AnswerKind, priced_microcredits: int) -> Reading:
    stated = _stated_cost(body)
    if stated is not None and stated >= 0:
        charge, basis = stated, Basis.STATED
    else:
        charge, basis = priced_microcredits, Basis.PRICED if priced_microcredits else Basis.FREE
    note = f"states a cost of {stated} microcredits, the price list says {priced_microcredits}"
    return Reading(
        kind=kind,
        charge_microcredits=charge,
        basis=basis,
        balance_microcredits=_balance(body),
        note=note if charge != priced_microcredits else "",
    )


def _read_creators(call: Call, response: Response) -> Reading:
    """Charged by the creator returned; none returned, none charged."""
    if response.status != 200:
        return read_error(call, response, _ERRORS)
    accounts = accounts_in(response.body)
    if accounts is None:
        return damaged(call, "the page of creators cannot be read")
    kind = AnswerKind.FINAL if accounts else AnswerKind.EMPTY
    return _reading(json_object(response), kind, len(accounts) * call.operation.price.microcredits)


def _read_result(call: Call, response: Response) -> Reading:
    """Charged by the successful request; an answer without data is not charged."""
    if response.status == 404:
        return Reading(kind=AnswerKind.EMPTY, charge_microcredits=0, basis=Basis.FREE)
    if response.status != 200:
        return read_error(call, response, _ERRORS)
    body = json_object(response)
    if "result" not in body:
        return damaged(call, "the answer holds no `result`")
    found = bool(body["result"])
    return _reading(body, AnswerKind.FINAL if found else AnswerKind.EMPTY, call.operation.price.microcredits * found)


def _read_free(call: Call, response: Response) -> Reading:
    if response.status != 200:
        return read_error(call, response, _ERRORS)
    return Reading(kind=AnswerKind.FINAL, charge_microcredits=0, basis=Basis.FREE)


def _operation(
    id: str,  # noqa: A002 - the field's name
    name: str,
    method: str,
    path: str,
    credits: str,  # noqa: A002 - the field's name
    unit: str,
    read: Callable[[Call, Response], Reading],
    freshness_days: int,
    used_by: str,
    **more: Any,
) -> Operation:
    price = Price(credits=Decimal(credits), unit=unit, source=SEED)
    return Operation(
        id=id,
        provider=NAME,
        name=name,
        method=method,
        path=path,
        price=price,
        worst_case=lambda call: price.microcredits * call.weight,
        read=read,
        rates=_RATES,
        freshness=timedelta(days=freshness_days),
        source=SEED,
        used_by=used_by,
        **more,
    )


DISCOVERY = _operation(
    "IC-1",
    "discovery",
    "POST",
    _CREATE,
    "0.01",
    "creator returned",
    _read_creators,
    7,
    "discovery_results",
    sub_budgets=("discovery",),
    batch_limit=PAGE_LIMIT,
)
# Whether look-alikes count against discovery's own limit is not said; both budgets must admit them.
SIMILAR = _operation(
    "IC-2",
    "similar",
    "POST",
    _CREATE + "creators/similar/",
    "0.01",
    "creator returned",
    _read_creators,
    7,
    "discovery_results",
    sub_budgets=("discovery",),
    batch_limit=PAGE_LIMIT,
)
ENRICH_FULL = _operation(
    "IC-14",
    "enrich_full",
    "POST",
    "/public/v1/creators/enrich/handle/full/",
    "1",
    "successful request",
    _read_result,
    30,
    "enriched_profiles",
)
ENRICH_RAW = _operation(
    "IC-15",
    "enrich_raw",
    "POST",
    "/public/v1/creators/enrich/handle/raw/",
    "0.03",
    "successful request",
    _read_result,
    30,
    "enriched_profiles",
)
CREDITS = _operation(
    "IC-24",
    "credits",
    "GET",
    "/public/v1/accounts/credits/",
    "0",
    "call",
    _read_free,
    0,
    "provider_balances",
)
DICTIONARIES: Mapping[str, Operation] = {
    name: _operation(f"IC-{number}", name, "GET", _DICTIONARY + path, "0", "call", _read_free, 7, "filter_values")
    for number, name, path in (
        (4, "languages", "languages/"),
        (5, "locations", "locations/{platform}/"),
        (6, "brands", "brands/"),
        (7, "youtube_topics", "yt-topics/"),
        (8, "twitch_games", "games/"),
        (9, "audience_brand_categories", "audience-brand-categories/"),
        (10, "audience_brand_names", "audience-brand-names/"),
        (11, "audience_interests", "audience-interests/"),
        (12, "audience_locations", "audience-locations/"),
    )
}
_DICTIONARY_PLATFORMS = {"youtube_topics": "youtube", "twitch_games": "twitch"} | dict.fromkeys(
    (name for name in DICTIONARIES if name.startswith("audience_")), "instagram"
)
OPERATIONS = (DISCOVERY, SIMILAR, *DICTIONARIES.values(), ENRICH_FULL, ENRICH_RAW, CREDITS)


def search(settings: ProviderSettings, platform: str, filters: Mapping[str, Any], max_creators: int) -> Pages:
    """The pages of one search; equally long pages, so that at most a few creators more than wanted are paid for."""
    return _pages(DISCOVERY, {"platform": platform, "filters": dict(filters) or None}, max_creators, settings)


def lookalikes(
    settings: ProviderSettings, platform: str, username: str, filters: Mapping[str, Any], max_creators: int
) -> Pages:
    """The pages of creators like `username`."""
    body: dict[str, Any] = {"platform": platform, "filter_key": "username", "filter_value": username}
    if filters:
        body["filters"] = dict(filters)
    return _pages(SIMILAR, body, max_creators, settings)


def full_profile(_settings: ProviderSettings, platform: str, username: str) -> Pages:
    """The profile behind a handle with analytics: 1 credit, nothing where there is no data."""
    body = {"platform": platform, "handle": username, "email_required": "preferred", "include_lookalikes": False}
    return Pages(first=Call(operation=ENRICH_FULL, body=body))


def raw_profile(_settings: ProviderSettings, platform: str, username: str) -> Pages:
    """The platform's own data behind a handle: 0.03 credits, nothing where there is no data."""
    return Pages(first=Call(operation=ENRICH_RAW, body={"platform": platform, "handle": username}))


def dictionaries(_settings: ProviderSettings, platform: str, _filters: Mapping[str, Any]) -> list[Pages]:
    """All dictionaries that may hold values for searches on `platform`; free."""
    return [
        Pages(first=Call(operation=operation, path_params={"platform": platform} if name == "locations" else {}))
        for name, operation in DICTIONARIES.items()
        if _DICTIONARY_PLATFORMS.get(name, platform) == platform
    ]


def balance(_settings: ProviderSettings) -> Pages:
    """The account's credits; free."""
    return Pages(first=Call(operation=CREDITS))


def _pages(operation: Operation, body: Mapping[str, Any], max_creators: int, settings: ProviderSettings) -> Pages:
    if not 1 <= max_creators <= MAX_RESULTS:
        raise ValueError(f"{operation.name} returns 1 to {MAX_RESULTS} creators of a query, not {max_creators}")
    max_calls = -(-max_creators // PAGE_LIMIT)
    limit = -(-max_creators // max_calls)

    def page(number: int) -> Call:
        return Call(operation=operation, body={**body, "paging": {"limit": limit, "page": number}}, weight=limit)

    def follow(answer: Answer, calls_made: int) -> Call | None:
        # The total may shrink between pages, so only a page that is not full ends the search.
        return page(settings.first_page + calls_made) if len(accounts_in(answer.body) or ()) >= limit else None

    return Pages(first=page(settings.first_page), follow=follow, max_calls=max_calls)
