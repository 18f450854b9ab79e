"""Requests for influData's content of one creator, page by page, and how they go on after an expired cursor.

The provider keeps a cursor open for some time. If a process dies between two pages, the cursor may have expired when
the next one goes on. The rest is then requested by its date, so that no page is paid for again. What a page costs is
declared in ``operations``.

A page has the same request key for any number of pieces; that number says whether another page was to follow. If a
brief asks for more or fewer pieces later, pages that are in the archive are not paid for again.

Filters are part of the key: with others it is another request. Pieces that come by reach or as most viral have no order
by date, so what a cursor that has expired still held is not asked for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from creator_assets.campaigns.post_filters import UPLOADED, PostFilters
from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.operations import Answer, AnswerKind, PagedRequest, Request
from creator_assets.providers.infludata.operations import CONTENT, CONTENT_PAGE
from creator_assets.providers.infludata.payloads import OLDER_THAN, ContentPage, content_page, times_in
from creator_assets.providers.parsing.bodies import record_names

PAGES = "pages"
# The number of pieces of a page that another page is to follow; no last page has this number.
GOES_ON = CONTENT_PAGE - 1
_ANY_LIMIT = {"limit": "any"}


def page_limits(max_items: int) -> list[int]:
    """How many pieces each page asks for: `max_items` in all, or one fewer where the last page would have `GOES_ON`."""
    limits = []
    while max_items > CONTENT_PAGE:
        limits.append(GOES_ON)
        max_items -= GOES_ON
    return [*limits, max_items - (max_items == GOES_ON)]


@at_account_prices
def content(
    settings: ProviderSettings,
    platform: str,
    username: str,
    max_items: int,
    since: datetime | None = None,
    filters: PostFilters | None = None,
) -> PagedRequest:
    """A creator's newest content: 1 request for each piece, so at most `max_items` of them.

    Args:
        settings: Of the account.
        platform: Instagram, TikTok or YouTube.
        username: The creator.
        max_items: How many pieces may be paid for.
        since: The watermark of earlier requests: only later pieces are requested. The provider's bound is inclusive,
            so a millisecond is added; otherwise the newest known piece would be paid for again each time.
        filters: Which pieces are wanted, in which order. Only they are charged.
    """
    limits = page_limits(max_items)
    # Without the follower filter the provider uses 10,000, and smaller creators have no content. 1 and not 0: a zero
    # may count as "not given". Filters are sent with every page: no document says that a cursor carries them.
    query = {"platform": platform, "username": username, "min_followers": "1", "sorting": UPLOADED}
    if filters is not None:
        query |= _conditions(filters, platform)
    if since is not None:
        query["created_at_gte"] = _to_the_millisecond(since + timedelta(milliseconds=1))
    first = _asking_for(
        limits[0], Request(operation=settings.in_force(CONTENT), params=query, redacted_inputs=_ANY_LIMIT)
    )
    # An expired cursor costs one more request, which brings no page.
    max_requests = len(limits) + 1 if len(limits) > 1 else 1

    def follow(answer: Answer, requests_made: int) -> Request | None:
        about = answer.request.about
        if answer.kind is AnswerKind.EMPTY and answer.status != 200 and OLDER_THAN in about:
            older_than = about[OLDER_THAN]
            return _request(answer.request, pages=int(about[PAGES]), created_at_lte=older_than) if older_than else None
        page, pages = content_page(answer.body), int(about.get(PAGES, "0")) + 1
        if page is None or not page.items:
            return None
        # After the last request the question is only whether there is more.
        if requests_made < max_requests and (pages == len(limits) or answer.request.weight != GOES_ON):
            return None
        going_on = _asking_for(limits[min(pages, len(limits) - 1)], answer.request)
        if page.next_cursor and page.next_cursor != answer.request.params.get("cursor"):
            return _request(
                going_on, pages=pages, older_than=_older_than(page, query["sorting"]), cursor=page.next_cursor
            )
        if page.is_by_offset and len(page.items) >= answer.request.weight:
            return _request(going_on, pages=pages, offset=str(pages * GOES_ON))
        return None

    bound = first.worst_case_microcredits // limits[0] * sum(limits)

    def pieces(answer: Answer) -> list[str]:
        page = content_page(answer.body)
        return [] if page is None else record_names(page.items, ("contentId",))

    return PagedRequest(first=first, follow=follow, max_requests=max_requests, bound_microcredits=bound, records=pieces)


def _asking_for(limit: int, request: Request) -> Request:
    return msgspec.structs.replace(request, params={**request.params, "limit": str(limit)}, weight=limit)


def _conditions(filters: PostFilters, platform: str) -> dict[str, str]:
    """The filters as the query has them, each only where it is given."""
    conditions = {
        "keywords": ",".join(filters.keywords),
        "tags": ",".join(filters.tags),
        "contentTypes": ",".join(filters.types_on(platform) or ()),
        "viewsMin": _number(filters.min_views),
        "viewsMax": _number(filters.max_views),
        "country": filters.country,
        "sorting": filters.sorting,
        # The last day counts in full; the bound is inclusive.
        "created_at_lte": "" if filters.until is None else f"{filters.until}T23:59:59.999+00:00",
    }
    return {name: text for name, text in conditions.items() if text}


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _older_than(page: ContentPage, sorting: str) -> str | None:
    """The date from which the rest goes on once the cursor is over; empty where the order is not by date."""
    if sorting != UPLOADED:
        return ""
    oldest = min(times_in(page), default=None)
    return None if oldest is None else _to_the_millisecond(oldest - timedelta(milliseconds=1))


def _request(before: Request, *, pages: int, older_than: str | None = None, **place: str) -> Request:
    """The request for the page after so many, by cursor, offset or date; ``older_than`` is what has no page so far.

    Where an earlier page began at a date, the later ones begin there, too.
    """
    keep = {name: text for name, text in before.params.items() if name not in {"cursor", "offset"}}
    about = {PAGES: str(pages)}
    if older_than is not None:
        about[OLDER_THAN] = older_than
    return msgspec.structs.replace(before, params={**keep, **place}, about=about)


def _to_the_millisecond(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
