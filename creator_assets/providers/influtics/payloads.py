"""The shape of Influtics' answers as far as they become rows.

``000_243d6688ae00c433.txt`` and ``004_40d95a48aadf2d02.txt`` show bloggers and tracking. The statistics, the account
and the newer form of both follow the provider's public pages and connector. Both forms of an answer are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import polars as pl

from creator_assets.providers.contract.statements import ReportedBalance
from creator_assets.providers.parsing.bodies import object_at, records_at, text_at, value_at
from creator_assets.providers.parsing.outcomes import stated_balance
from creator_assets.providers.parsing.values import flag_of
from creator_assets.providers.parsing.video_urls import UnknownVideoUrlError, video_url

PLATFORMS = ("tiktok", "instagram", "youtube")
# The endpoint of bloggers requires its own spelling of platforms; answers have either spelling.
SPELLED = {"tiktok": "TikTok", "instagram": "Instagram", "youtube": "YouTube"}
_LIMIT = re.compile(r"allows (?P<allowed>\d{1,9}) tracked videos\. Current usage: (?P<used>\d{1,9})\b")

BLOGGER = pl.Struct(
    {
        "id": pl.String,
        "channel_name": pl.String,
        "number_of_subscribers": pl.Float64,
        "video_count": pl.Float64,
        "avg_views": pl.Float64,
        "avg_likes": pl.Float64,
        "avg_comments": pl.Float64,
    }
)
TRACKED = pl.Struct(dict.fromkeys(("status", "video_id", "external_video_id", "error"), pl.String))
POINT = pl.Struct(
    {
        "platform": pl.String,
        "native_id": pl.String,
        "video_id": pl.String,
        "counted_at": pl.String,
        "missing_on": pl.String,
        "started_at": pl.String,
        "previous_on": pl.String,
    }
    | {name: pl.Float64 for kind in ("views", "likes", "comments", "shares") for name in (kind, f"previous_{kind}")}
)


class TrackedVideo(msgspec.Struct, frozen=True):
    """The result for one address of a tracking request, undecoded."""

    place: int
    status: str
    json: bytes


def blogger_in(body: bytes) -> msgspec.Raw | None:
    """The raw blogger of an answer, under its own name or as the data itself."""
    data = (object_at(body) or {}).get("data", msgspec.Raw(b"null"))
    fields = object_at(data) or {}
    blogger = data if "channel_username" in fields else fields.get("blogger", msgspec.Raw(b"null"))
    return blogger if object_at(blogger) else None


def tracked_in(body: bytes, urls: Sequence[str], *, place: int = 0, parts: int = 0) -> list[TrackedVideo] | None:
    """The result for each address that the answer mentions; None where the body is no answer to a tracking request.

    The documented form states each result's position among the addresses; the newer one repeats the address. Impossible
    positions (two results at one, or one beyond the last) are ignored.

    Args:
        body: The answer.
        urls: The addresses to find. Results name them by their position here.
        place: The position of the first of them in the request.
        parts: How many addresses the request had, if it had others beside these.
    """
    results = _results_in(body)
    if results is None:
        return None
    places = {_key(url): place + ordinal for ordinal, url in reversed(list(enumerate(urls)))}
    size = parts or len(urls)
    stated_places = [stated for stated, *_ in results if stated is not None]
    are_places = len(set(stated_places)) == len(stated_places) and all(0 <= one < size for one in stated_places)
    found: dict[int, TrackedVideo] = {}
    for ordinal, (stated, key, status, json) in enumerate(results):
        # As many results as addresses are in their order. Fewer results are matched by their address only.
        other = places.get(key, ordinal if len(results) == size else -1)
        at = stated if are_places and stated is not None else other
        at -= place
        if 0 <= at < len(urls) and at not in found:
            found[at] = TrackedVideo(at, status, json)
    return [found[at] for at in sorted(found)]


@lru_cache(maxsize=16)
def _results_in(body: bytes) -> list[tuple[int | None, str, str, bytes]] | None:
    """Index, video, status and text of each result. Cached: each address of a request reads the same answer."""
    results = records_at(body, "data", "results")
    if results is None:
        results = records_at(body, "data", "tracked")
    if results is None:
        return None
    found = []
    for raw in results:
        index: Any = value_at(raw, "index")
        stated = index if isinstance(index, int) and not isinstance(index, bool) else None
        found.append((stated, _key(text_at(raw, "url")), text_at(raw, "status"), bytes(raw)))
    return found


def _key(url: str) -> str:
    """The key of the video behind an address; any other text is its own key."""
    try:
        return video_url(url).key
    except UnknownVideoUrlError:
        return url


def refusal_in(body: bytes) -> str:
    """The message of an error answer; empty where it has none."""
    return text_at(body, "error", "message")


def room_in(body: bytes) -> int:
    """How many more videos the plan tracks, as a refusal states it (``004_40d95a48aadf2d02.txt``); 0 without that."""
    stated = _LIMIT.search(refusal_in(body))
    return max(0, int(stated["allowed"]) - int(stated["used"])) if stated else 0


def stats_in(body: bytes) -> list[msgspec.Raw] | None:
    """The raw videos of a page of statistics; None for any other body."""
    videos = records_at(body, "data", "data")
    return records_at(body, "data") if videos is None else videos


def has_more(body: bytes, limit: int) -> bool:
    """Whether another page follows this one."""
    said = value_at(body, "data", "pagination", "has_more")
    return said if isinstance(said, bool) else len(stats_in(body) or ()) >= limit


def usage_in(body: bytes) -> ReportedBalance | None:
    """What the account has left and has used; what an unlimited plan has left is None. None without both amounts."""
    total, used = (stated_balance(value_at(body, "data", "summary", "credits", name)) for name in ("total", "used"))
    if used is None:
        return None
    if flag_of(value_at(body, "data", "summary", "is_unlimited")) is True:
        return ReportedBalance(left_microcredits=None, used_microcredits=used)
    return None if total is None else ReportedBalance(left_microcredits=total - used, used_microcredits=used)
