"""influData's content of one creator, page by page: the calls of a pull, and how one goes on whose cursor is over.

A cursor is a point in time that the provider keeps open; one that died in the middle of a pull may be gone when the
pull goes on. What is left is then asked for by its date, so that no page is paid for again. What a page costs is
declared in ``operations``.

A page is known again whatever number of pieces was asked for, and tells by that number whether its pull was to go on:
where a brief asks for more or fewer later, what was pulled before is not paid for again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.operations import Answer, AnswerKind, PagedRequest, Request
from creator_assets.providers.infludata.operations import CONTENT, CONTENT_PAGE
from creator_assets.providers.infludata.payloads import OLDER_THAN, content_page, times_in

PAGES = "pages"
# So many pieces are asked for on each page that another is to follow, and on no other one.
GOES_ON = CONTENT_PAGE - 1
_ANY_LIMIT = {"limit": "any"}


def page_limits(max_items: int) -> list[int]:
    """How many pieces each page asks for: `max_items` in all, or one fewer lest the last page seem to go on."""
    limits = []
    while max_items > CONTENT_PAGE:
        limits.append(GOES_ON)
        max_items -= GOES_ON
    return [*limits, max_items - (max_items == GOES_ON)]


@at_account_prices
def content(
    settings: ProviderSettings, platform: str, username: str, max_items: int, since: datetime | None = None
) -> PagedRequest:
    """A creator's newest content: 1 request for each piece, so at most `max_items` of them.

    Args:
        settings: Of the account.
        platform: Instagram, TikTok or YouTube.
        username: The creator.
        max_items: How many pieces may be paid for.
        since: The watermark of an earlier pull: only later pieces are asked for. The provider's bound is inclusive, so
            a millisecond is added; otherwise the newest known piece would be paid for again each time.
    """
    limits = page_limits(max_items)
    # Left out, the follower filter is silently 10,000 and smaller creators have no content. 1, not 0: a zero is easily
    # taken for "not given". Filters go with every page, for nothing says that a cursor carries them.
    query = {"platform": platform, "username": username, "min_followers": "1", "sorting": "uploaded"}
    if since is not None:
        query["created_at_gte"] = _to_the_millisecond(since + timedelta(milliseconds=1))
    first = _asking_for(
        limits[0], Request(operation=settings.in_force(CONTENT), params=query, redacted_inputs=_ANY_LIMIT)
    )
    # A cursor that is over by the time the pull goes on costs a call and brings no page.
    max_calls = len(limits) + 1 if len(limits) > 1 else 1

    def follow(answer: Answer, requests_made: int) -> Request | None:
        about = answer.request.about
        if answer.kind is AnswerKind.EMPTY and answer.status != 200 and OLDER_THAN in about:
            return _request(answer.request, pages=int(about[PAGES]), created_at_lte=about[OLDER_THAN])
        page, pages = content_page(answer.body), int(about.get(PAGES, "0")) + 1
        if page is None or not page.items:
            return None
        # Once all calls are made the question is only whether there is more.
        if requests_made < max_calls and (pages == len(limits) or answer.request.weight != GOES_ON):
            return None
        going_on = _asking_for(limits[min(pages, len(limits) - 1)], answer.request)
        if page.next_cursor and page.next_cursor != answer.request.params.get("cursor"):
            oldest = min(times_in(page), default=None)
            return _request(going_on, pages=pages, oldest=oldest, cursor=page.next_cursor)
        if page.is_by_offset and len(page.items) >= answer.request.weight:
            return _request(going_on, pages=pages, offset=str(pages * GOES_ON))
        return None

    bound = first.worst_case_microcredits // limits[0] * sum(limits)
    return PagedRequest(first=first, follow=follow, max_calls=max_calls, bound_microcredits=bound)


def _asking_for(limit: int, request: Request) -> Request:
    return msgspec.structs.replace(request, params={**request.params, "limit": str(limit)}, weight=limit)


def _request(before: Request, *, pages: int, oldest: datetime | None = None, **place: str) -> Request:
    """The call for the page after so many, told by cursor, offset or date; ``oldest`` is what is known by then.

    Where an earlier page was told by a date the later ones begin there, too.
    """
    keep = {name: text for name, text in before.params.items() if name not in {"cursor", "offset"}}
    about = {PAGES: str(pages)}
    if oldest is not None:
        about[OLDER_THAN] = _to_the_millisecond(oldest - timedelta(milliseconds=1))
    return msgspec.structs.replace(before, params={**keep, **place}, about=about)


def _to_the_millisecond(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
