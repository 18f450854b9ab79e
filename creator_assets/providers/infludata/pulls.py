"""influData's content of one creator, page by page: the calls of a pull, and how one goes on whose cursor is over.

A cursor is a point in time that the provider keeps open; one that died in the middle of a pull may be gone when the
pull goes on. What is left is then asked for by its date, so that no page is paid for again. What a page costs is
declared in ``operations``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.contract import Answer, AnswerKind, Call, Pages
from creator_assets.providers.infludata.operations import CONTENT, CONTENT_PAGE
from creator_assets.providers.infludata.payloads import OLDER_THAN, content_page, times_in

PAGES = "pages"


def content(
    settings: ProviderSettings, platform: str, username: str, max_items: int, since: datetime | None = None
) -> Pages:
    """A creator's newest content: 1 request for each piece, so at most `max_items` of them.

    Args:
        settings: Of the account.
        platform: Instagram, TikTok or YouTube.
        username: The creator.
        max_items: How many pieces may be paid for.
        since: The watermark of an earlier pull: only later pieces are asked for. The provider's bound is inclusive, so
            a millisecond is added; otherwise the newest known piece would be paid for again each time.
    """
    max_pages = -(-max_items // CONTENT_PAGE)
    limit = max_items // max_pages
    # Left out, the follower filter is silently 10,000 and smaller creators have no content. 1, not 0: a zero is easily
    # taken for "not given". Filters go with every page, for nothing says that a cursor carries them.
    query = {"platform": platform, "username": username, "min_followers": "1", "sorting": "uploaded"}
    query["limit"] = str(limit)
    if since is not None:
        query["created_at_gte"] = _to_the_millisecond(since + timedelta(milliseconds=1))
    first = Call(operation=settings.in_force(CONTENT), params=query, weight=limit)
    # A cursor that is over by the time the pull goes on costs a call and brings no page.
    max_calls = max_pages + 1 if max_pages > 1 else 1

    def follow(answer: Answer, calls_made: int) -> Call | None:
        about = answer.call.about
        if answer.kind is AnswerKind.EMPTY and answer.status != 200 and OLDER_THAN in about:
            return _call(answer.call, pages=int(about[PAGES]), created_at_lte=about[OLDER_THAN])
        page, pages = content_page(answer.body), int(about.get(PAGES, "0")) + 1
        # Once all calls are made the question is only whether there is more.
        if page is None or not page.items or (pages == max_pages and calls_made < max_calls):
            return None
        if page.next_cursor and page.next_cursor != answer.call.params.get("cursor"):
            oldest = min(times_in(page), default=None)
            return _call(answer.call, pages=pages, oldest=oldest, cursor=page.next_cursor)
        if page.is_by_offset and len(page.items) >= limit:
            return _call(answer.call, pages=pages, offset=str(pages * limit))
        return None

    bound = first.worst_case_microcredits * max_pages
    return Pages(first=first, follow=follow, max_calls=max_calls, bound_microcredits=bound)


def _call(before: Call, *, pages: int, oldest: datetime | None = None, **place: str) -> Call:
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
