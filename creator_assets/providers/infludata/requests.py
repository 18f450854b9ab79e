"""The requests that are made of influData: sign-up, searches, profiles, reports, queueing, balance and cities.

What each costs and what its answers mean is declared in ``operations``. Requests for content are in
``content_requests``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from creator_assets.handles import is_native_id
from creator_assets.providers.contract.account_ids import AccountIds
from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.capability_protocols import Filters
from creator_assets.providers.contract.operations import (
    Answer,
    PagedRequest,
    Request,
)
from creator_assets.providers.infludata import payloads
from creator_assets.providers.infludata.operations import (
    CITIES,
    CLIENT_INFO,
    DATA_STATUS,
    DISCOVERY,
    NAME,
    QUEUE,
    QUEUE_LIMIT,
    QUEUE_LIMIT_TRIAL,
    TRIAL_CODE,
    TRIAL_KEY,
    USER_DATA,
)
from creator_assets.providers.infludata.payloads import PAGE_SIZE, STATUS_PLATFORMS
from creator_assets.providers.parsing.bodies import record_names


def trial_key(email: str, *, email_hash: str, company: str = "") -> PagedRequest:
    """Ask for a verification code; it is sent to the address and valid for 15 minutes."""
    body = {"email": email} | ({"company": company} if company else {})
    return PagedRequest(first=Request(operation=TRIAL_KEY, body=body, redacted_inputs={"email": email_hash}))


def trial_code(email: str, code: str, *, email_hash: str) -> PagedRequest:
    """Exchange a verification code for a trial key; a code allows 5 attempts."""
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

    def creators(answer: Answer) -> list[str]:
        return record_names(payloads.users_in(answer.body), ("_id",), ("username",))

    return PagedRequest(first=page(0), follow=follow, max_requests=-(-max_creators // PAGE_SIZE), records=creators)


@at_account_prices
def profile(_settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """The profile behind a handle: 1 request."""
    return PagedRequest(first=Request(operation=USER_DATA, params={"platform": platform, "username": username}))


@at_account_prices
def profile_with_scores(_settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """The profile with its scores and data logs: 1 request, the price of a profile. Instagram and TikTok have them."""
    params = {"platform": platform, "username": username, "showDatalogAndScore": "true"}
    return PagedRequest(first=Request(operation=USER_DATA, params=params))


@at_account_prices
def profile_with_report(_settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """The profile with its audience report: 20 requests, 1 while the report is in the making."""
    params = {"platform": platform, "username": username, "includeAudienceReport": "true"}
    return PagedRequest(first=Request(operation=USER_DATA, params=params))


def by_id(pages: PagedRequest, ids: AccountIds) -> PagedRequest:
    """The same request by an id of the account: the provider's own, else the platform's where it has the right form.

    It takes exactly one of ``username``, ``userId`` and ``_id``. The own id comes out of its searches.
    """
    params = pages.first.params
    own, native = ids.provider_ids.get(NAME), ids.native_id
    if own is not None and payloads.is_own_id(own):
        name = {"_id": own}
    elif native is not None and is_native_id(native, params["platform"]):
        name = {"userId": native}
    else:
        return pages
    sent = {key: value for key, value in params.items() if key != "username"} | name
    return msgspec.structs.replace(pages, first=msgspec.structs.replace(pages.first, sent_params=sent))


@at_account_prices
def status(_settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """Whether a creator and its audience report are there: free, and asked before the report is paid for."""
    return PagedRequest(first=Request(operation=DATA_STATUS, params={"platform": platform, "username": username}))


@at_account_prices
def queue_weekly(settings: ProviderSettings, platform: str, usernames: Sequence[str]) -> list[PagedRequest]:
    """The same, and have those that are known read anew each week. A trial key cannot, and only queues them."""
    return queue(settings, platform, usernames, weekly=not settings.is_trial)


@at_account_prices
def queue(
    settings: ProviderSettings, platform: str, usernames: Sequence[str], *, weekly: bool = False
) -> list[PagedRequest]:
    """Have creators enriched within 24 to 48 hours, 100 in a request (10 with a trial key): free.

    Args:
        settings: Of the account.
        platform: Instagram, TikTok, YouTube or Twitch.
        usernames: The creators.
        weekly: Have those that are known read anew each week. A trial key is refused with it.

    Raises:
        ValueError: influData does not enrich creators of this platform on demand.
    """
    if platform not in STATUS_PLATFORMS:
        raise ValueError(f"{NAME} queues creators of {', '.join(STATUS_PLATFORMS)}, not of {platform}")
    size = QUEUE_LIMIT_TRIAL if settings.is_trial else QUEUE_LIMIT
    names = list(dict.fromkeys(usernames))
    asked = {"platform": platform} | ({"addToWeeklyEnrichment": True} if weekly else {})
    return [
        PagedRequest(first=Request(operation=QUEUE, body={**asked, "usernames": names[at : at + size]}))
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
    """The value of a filter as query text: lists with commas, flags in lower case."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(_query_text(item) for item in value)
    return str(value)
