"""The requests that are made of influencers.club: searches, enrichments, batches and balance.

What each costs and what its answers mean is declared in ``operations``. Requests about posts are in ``post_requests``,
those for dictionaries in ``dictionary_requests``. Bodies follow the provider's public guides and connectors. An e-mail
address is only in the request that is sent; the request is stored under a keyed hash of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from creator_assets.handles import YOUTUBE, is_channel_id
from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.capability_protocols import Filters
from creator_assets.providers.contract.files import File
from creator_assets.providers.contract.operations import Answer, Operation, PagedRequest, Request
from creator_assets.providers.influencers_club.filters import SORT
from creator_assets.providers.influencers_club.operations import (
    BATCH,
    BATCH_BYTES,
    BATCH_LIMIT,
    BATCH_RESULTS,
    BATCH_RESUME,
    BATCH_STATUS,
    CREDITS,
    DISCOVERY,
    EMAIL_ADVANCED,
    EMAIL_BASIC,
    ENRICH_FULL,
    ENRICH_RAW,
    HANDLE_MODES,
    MAX_RESULTS,
    OVERLAP,
    OVERLAP_LIMIT,
    PAGE_LIMIT,
    SIMILAR,
    SOCIALS,
)  # fmt: skip
from creator_assets.providers.influencers_club.payloads import AUDIENCE_PLATFORMS, accounts_in
from creator_assets.providers.parsing.bodies import record_names


@at_account_prices
def search(settings: ProviderSettings, platform: str, filters: Filters, max_creators: int) -> PagedRequest:
    """The pages of one search; all are equally long, so that at most a few creators too many are paid for."""
    conditions = {name: value for name, value in filters.items() if name != SORT}
    body: dict[str, Any] = {"platform": platform, "filters": conditions or None}
    if SORT in filters:
        body[SORT] = filters[SORT]
    return _pages(DISCOVERY, body, max_creators, settings)


@at_account_prices
def lookalikes(
    settings: ProviderSettings, platform: str, username: str, native_id: str, filters: Filters, max_creators: int
) -> PagedRequest:
    """The pages of creators like `username`, a handle or the id of a YouTube channel; by `native_id` where it is known.

    An id survives a rename.
    """
    by_id = native_id or (username if platform == YOUTUBE and is_channel_id(username) else "")
    key, value = ("id", by_id) if by_id else ("username", username)
    body: dict[str, Any] = {"platform": platform, "filter_key": key, "filter_value": value}
    if filters:
        body["filters"] = dict(filters)
    return _pages(SIMILAR, body, max_creators, settings)


@at_account_prices
def full_profile(
    _settings: ProviderSettings, platform: str, username: str, *, email_required: str = "preferred"
) -> PagedRequest:
    """The profile behind a handle with analytics: 1 credit, nothing where there is no data.

    Its audience costs nothing more, so every request includes it: one answer makes the profile and the report.

    Args:
        platform: Of the creator.
        username: Of the creator.
        email_required: ``preferred``, or ``must_have`` for no data where there is no e-mail address.
    """
    body = {"platform": platform, "handle": username, "email_required": email_required, "include_lookalikes": False}
    if platform in AUDIENCE_PLATFORMS:
        body["include_audience_data"] = True
    return PagedRequest(first=Request(operation=ENRICH_FULL, body=body))


@at_account_prices
def full_profile_with_email(settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """The same, and nothing for nothing where there is no e-mail address."""
    return full_profile(settings, platform, username, email_required="must_have")


@at_account_prices
def raw_profile(_settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """The platform's own data behind a handle: 0.03 credits, nothing where there is no data."""
    return PagedRequest(first=Request(operation=ENRICH_RAW, body={"platform": platform, "handle": username}))


@at_account_prices
def socials(_settings: ProviderSettings, platform: str, username: str) -> PagedRequest:
    """The other accounts of the person behind a handle: 0.5 credits, nothing where there is no data."""
    return PagedRequest(first=Request(operation=SOCIALS, body={"platform": platform, "handle": username}))


@at_account_prices
def overlap(_settings: ProviderSettings, platform: str, usernames: Sequence[str]) -> PagedRequest:
    """How far the audiences of 2 to 10 creators are the same people: 1 credit, however many creators.

    They are sorted by name, so that the same set is the same request although their followers change.

    Raises:
        ValueError: There are fewer than 2 or more than 10.
    """
    creators = sorted(dict.fromkeys(usernames))
    if not 2 <= len(creators) <= OVERLAP_LIMIT:
        raise ValueError(f"{OVERLAP.name} compares 2 to {OVERLAP_LIMIT} creators, not {len(creators)}")
    return PagedRequest(first=Request(operation=OVERLAP, body={"platform": platform, "creators": creators}))


@at_account_prices
def email(
    _settings: ProviderSettings,
    address: str,
    *,
    email_hash: str,
    depth: str = "basic",
    min_followers: int | None = None,
    exclude_platforms: Sequence[str] = (),
) -> PagedRequest:
    """The accounts behind an e-mail address: 0.1 credits, or 2 for everything about them.

    Args:
        address: The address; it is in the request and nowhere else.
        email_hash: A keyed hash of it; request and rows are stored under this hash.
        depth: ``basic`` or ``advanced``.
        min_followers: Leave smaller accounts out (``advanced``).
        exclude_platforms: Leave these platforms out (``advanced``).
    """
    body: dict[str, Any] = {"email": address}
    if depth == "advanced":
        if min_followers is not None:
            body["min_followers"] = min_followers
        if exclude_platforms:
            body["exclude_platforms"] = sorted(set(exclude_platforms))  # the same set is the same request
    operation = EMAIL_ADVANCED if depth == "advanced" else EMAIL_BASIC
    return PagedRequest(
        first=Request(operation=operation, body=body, redacted_inputs={"email": email_hash}, about={"depth": depth})
    )


@at_account_prices
def batches(
    _settings: ProviderSettings, platform: str, inputs: Sequence[str], *, mode: str, input_hash: str = ""
) -> list[PagedRequest]:
    """Enrich many creators in the background; each with data has the price of a single enrichment.

    Each input is sent once, because a duplicate is charged again. A file holds 10,000 rows and 10 MB at most.

    Args:
        platform: Platform of the handles; not used with e-mail addresses.
        inputs: Handles (``raw``, ``full``) or e-mail addresses (``basic``, ``advanced``).
        mode: What is bought for each.
        input_hash: For addresses: a keyed hash of all of them, under which the requests are stored.
    """
    column = "handle" if mode in HANDLE_MODES else "email"
    body = {"enrichment_mode": mode}
    if column == "handle":
        body |= {"platform": platform, "include_lookalikes": "false"}
    if mode == "full" and platform in AUDIENCE_PLATFORMS:
        # It costs nothing more, and documents disagree on the default.
        body["include_audience_data"] = "true"
    distinct = list(dict.fromkeys(inputs))
    chunks = [distinct[at : at + BATCH_LIMIT] for at in range(0, len(distinct), BATCH_LIMIT)]
    return [
        PagedRequest(
            first=Request(
                operation=BATCH,
                body=body,
                files={"file": File(name=f"{column}s.csv", content=_csv(column, chunk), media_type="text/csv")},
                weight=len(chunk),
                redacted_inputs={"file": f"{input_hash}/{number}"} if input_hash else {},
                about={"platform": platform, "mode": mode},
            )
        )
        for number, chunk in enumerate(chunks)
    ]


@at_account_prices
def batch_status(settings: ProviderSettings, batch_id: str, *, platform: str = "", mode: str = "") -> PagedRequest:
    """The status of a batch; free, and worth polling every minute."""
    pages = _of_batch(BATCH_STATUS, batch_id, platform, mode)
    by_mode = settings.in_force(BATCH).price.variants
    if mode not in by_mode:
        return pages
    # The price of a record, for answers that state how many there are and no sum.
    about = {**pages.first.about, "row_credits": f"{by_mode[mode]:f}"}
    return msgspec.structs.replace(pages, first=msgspec.structs.replace(pages.first, about=about))


@at_account_prices
def batch_results(
    _settings: ProviderSettings, batch_id: str, *, platform: str, mode: str, form: str = "json"
) -> PagedRequest:
    """The results of a finished batch; free. The answer states neither platform nor mode, so the request carries them.

    Args:
        batch_id: The batch.
        platform: Platform of its handles.
        mode: What was bought for each.
        form: ``json``, or ``csv``, of which the provider documents no columns; both are read.
    """
    return _of_batch(BATCH_RESULTS, batch_id, platform, mode, {"format": form})


@at_account_prices
def batch_resume(_settings: ProviderSettings, batch_id: str, *, platform: str = "", mode: str = "") -> PagedRequest:
    """Resume a batch that failed or ran out of credits; its further records are charged as they succeed."""
    return _of_batch(BATCH_RESUME, batch_id, platform, mode)


@at_account_prices
def balance(_settings: ProviderSettings) -> PagedRequest:
    """The account's credits; free."""
    return PagedRequest(first=Request(operation=CREDITS))


def _pages(
    operation: Operation, body: Mapping[str, Any], max_creators: int, settings: ProviderSettings
) -> PagedRequest:
    if not 1 <= max_creators <= MAX_RESULTS:
        raise ValueError(f"{operation.name} returns 1 to {MAX_RESULTS} creators of a query, not {max_creators}")
    max_requests = -(-max_creators // PAGE_LIMIT)
    limit = -(-max_creators // max_requests)

    def page(number: int) -> Request:
        return Request(operation=operation, body={**body, "paging": {"limit": limit, "page": number}}, weight=limit)

    def follow(answer: Answer, requests_made: int) -> Request | None:
        # The total may shrink between pages, so only a page that is not full ends the search.
        return page(settings.first_page + requests_made) if len(accounts_in(answer.body) or ()) >= limit else None

    return PagedRequest(first=page(settings.first_page), follow=follow, max_requests=max_requests, records=_creators_of)


def _creators_of(answer: Answer) -> list[str]:
    return record_names(accounts_in(answer.body), ("user_id",), ("profile", "username"))


def _of_batch(
    operation: Operation, batch_id: str, platform: str, mode: str, params: Mapping[str, str] | None = None
) -> PagedRequest:
    about = {"platform": platform, "mode": mode}
    path = {"batch_id": batch_id}
    return PagedRequest(first=Request(operation=operation, path_params=path, params=params or {}, about=about))


def _csv(column: str, values: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[column], *([value] for value in values)])
    content = text.getvalue().encode()
    if len(content) > BATCH_BYTES:
        raise ValueError(f"the file of a batch may hold {BATCH_BYTES:,} bytes, this one has {len(content):,}")
    return content
