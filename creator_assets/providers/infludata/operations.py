"""influData's operations: paths, prices, limits, and what an answer means for the bill.

Written from ``001_c3c54407187bd99d.txt`` (the provider's API reference). Its unit is the request: a profile costs 1,
or 20 with an audience report; a creator that is found while the report is still being made costs 1 (status 202); one
that is queued costs nothing (201). Failed requests are not charged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
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
from creator_assets.providers.infludata.payloads import is_city_list, is_client_info, is_profile, users_in
from creator_assets.providers.readings import ErrorRule, damaged, error_code, json_object, read_error

NAME = "infludata"
BASE_URL = "https://app.infludata.com/api/externalAPI"
SEED = "001_c3c54407187bd99d.txt"
PAGE_SIZE = 20
QUEUED_SECONDS = 24 * 3600.0  # "Retry within 24-48h"
REPORT_SECONDS = 3600.0  # a report in the making: looked at again by the free status check, first after an hour
REPORT_PRICE = 20
REPORT_PLATFORMS = ("instagram", "tiktok", "youtube")

# An organization key; a trial key has 2/s and 60/min, which the resource says.
ORGANIZATION_RATES = (Rate(scope=NAME, permits=25, per_seconds=1), Rate(scope=NAME, permits=1000, per_seconds=60))
TRIAL_RATES = (Rate(scope=NAME, permits=2, per_seconds=1), Rate(scope=NAME, permits=60, per_seconds=60))

# "Failed requests are not charged", server errors included. 403 means no balance, or a feature that the key does not
# have.
_ERRORS: Mapping[int, ErrorRule] = {
    403: ErrorRule(Recovery.TOP_UP),
    500: ErrorRule(Recovery.RETRY),
    502: ErrorRule(Recovery.RETRY),
    503: ErrorRule(Recovery.RETRY),
}


def _free(kind: AnswerKind, **more: Any) -> Reading:
    return Reading(kind=kind, charge_microcredits=0, basis=Basis.FREE, **more)


def _read_search(call: Call, response: Response) -> Reading:
    """Charged by the search. Whether an empty page is, is not said: it counts until the balance tells."""
    if response.status != 200:
        return read_error(call, response, _ERRORS)
    users = users_in(response.body)
    if users is None:
        return damaged(call, "the page of creators cannot be read")
    return Reading(
        kind=AnswerKind.FINAL if users else AnswerKind.EMPTY,
        charge_microcredits=call.operation.price.microcredits,
        basis=Basis.PRICED if users else Basis.ASSUMED,
    )


def _read_profile(call: Call, response: Response) -> Reading:
    """200 charges 1 or 20, 202 charges 1 whatever was asked, 201 and 404 charge nothing."""
    if response.status == 201:
        return _free(AnswerKind.PENDING, not_before_seconds=QUEUED_SECONDS, note="queued for enrichment")
    if response.status == 202:
        return Reading(
            kind=AnswerKind.PENDING,
            charge_microcredits=call.operation.price.microcredits,
            basis=Basis.PRICED,
            not_before_seconds=REPORT_SECONDS,
            note="audience report still in the making",
        )
    if response.status == 404:
        return _free(AnswerKind.EMPTY)
    if response.status == 403 and error_code(json_object(response)) not in {"", "INSUFFICIENT_TOKENS"}:
        return read_error(call, response, {403: ErrorRule(Recovery.FIX_PLAN)})
    if response.status != 200:
        return read_error(call, response, _ERRORS)
    if not is_profile(response.body):
        return damaged(call, "the profile cannot be read")
    return Reading(kind=AnswerKind.FINAL, charge_microcredits=call.worst_case_microcredits, basis=Basis.PRICED)


def _reader_of_free(is_documented: Callable[[bytes], bool]) -> Callable[[Call, Response], Reading]:
    def read(call: Call, response: Response) -> Reading:
        if response.status != 200:
            return read_error(call, response, _ERRORS)
        if not is_documented(response.body):
            return damaged(call, "the answer is not the documented one")
        return _free(AnswerKind.FINAL)

    return read


def _wants_report(call: Call) -> bool:
    return call.params.get("includeAudienceReport") == "true"


def _operation(
    id: str,  # noqa: A002 - the field's name
    name: str,
    path: str,
    requests: str,
    unit: str,
    read: Callable[[Call, Response], Reading],
    freshness_days: int,
    used_by: str,
    **more: Any,
) -> Operation:
    price = Price(credits=Decimal(requests), unit=unit, source=SEED)
    more.setdefault("worst_case", lambda call: price.microcredits * call.weight)
    return Operation(
        id=id,
        provider=NAME,
        name=name,
        method="GET",
        path=path,
        price=price,
        read=read,
        rates=ORGANIZATION_RATES,
        freshness=timedelta(days=freshness_days),
        source=SEED,
        used_by=used_by,
        **more,
    )


DISCOVERY = _operation(
    "ID-6", "discovery", "/discovery", "1", "search of 20 creators", _read_search, 7, "discovery_results"
)
USER_DATA = _operation(
    "ID-3",
    "user_data",
    "/getUserData",
    "1",
    "request; 20 with audience report",
    _read_profile,
    30,
    "enriched_profiles",
    worst_case=lambda call: MICROCREDITS_PER_CREDIT * (REPORT_PRICE if _wants_report(call) else 1),
)
CLIENT_INFO = _operation(
    "ID-8", "client_info", "/getClientInfo", "0", "call", _reader_of_free(is_client_info), 0, "provider_balances"
)
CITIES = _operation(
    "ID-9", "cities", "/getCitiesForCountry", "0", "call", _reader_of_free(is_city_list), 7, "filter_values"
)
OPERATIONS = (USER_DATA, DISCOVERY, CLIENT_INFO, CITIES)


def search(_settings: ProviderSettings, platform: str, filters: Mapping[str, Any], max_creators: int) -> Pages:
    """The pages of one search, 20 creators each at 1 request a page."""
    query = {"platform": platform} | {key: _query_text(value) for key, value in sorted(filters.items())}

    def page(number: int) -> Call:
        return Call(operation=DISCOVERY, params={**query, "skipCount": str(number * PAGE_SIZE)})

    def follow(answer: Answer, calls_made: int) -> Call | None:
        return page(calls_made) if len(users_in(answer.body) or ()) >= PAGE_SIZE else None

    return Pages(first=page(0), follow=follow, max_calls=-(-max_creators // PAGE_SIZE))


def profile(_settings: ProviderSettings, platform: str, username: str) -> Pages:
    """The profile behind a handle: 1 request."""
    return Pages(first=Call(operation=USER_DATA, params={"platform": platform, "username": username}))


def profile_with_report(_settings: ProviderSettings, platform: str, username: str) -> Pages:
    """The profile with its audience report: 20 requests, 1 while the report is in the making."""
    params = {"platform": platform, "username": username, "includeAudienceReport": "true"}
    return Pages(first=Call(operation=USER_DATA, params=params))


def balance(settings: ProviderSettings) -> Pages:
    """The account's remaining requests; free."""
    return Pages(first=Call(operation=CLIENT_INFO, params={"clientId": settings.client_id}))


def cities(_settings: ProviderSettings, _platform: str, filters: Mapping[str, Any]) -> list[Pages]:
    """The cities that a search may name for its country (whose name is case-sensitive); free."""
    country = filters.get("country")
    return [Pages(first=Call(operation=CITIES, params={"country": country}))] if country else []


def _query_text(value: Any) -> str:
    """A filter as the query wants it: lists with commas, flags in lower case."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(_query_text(item) for item in value)
    return str(value)
