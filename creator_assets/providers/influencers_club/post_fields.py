"""The fields of a post: its author, its kind, when it was published, and its counters.

Public clients show the names; no document of the provider lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
import polars as pl

from creator_assets.providers.influencers_club.payloads import AUTHOR
from creator_assets.providers.parsing.bodies import object_at, records_at, text_at, value_at
from creator_assets.providers.parsing.table_rows import whole
from creator_assets.providers.parsing.timestamps import plausible_timestamp

COUNTERS = ("views", "likes", "comments", "shares")
MOMENTS = ("taken_at", "created_at", "published_at")
"""Under which names a post says when it was published, in the order in which they are believed."""

POST = pl.Struct(
    dict.fromkeys(
        ("pk", *MOMENTS, "product_type", "url", "media_type", "caption"),
        pl.String,
    )
    | {
        "media_url": pl.List(pl.String),
        "hashtags": pl.List(pl.String),
        "duration_seconds": pl.Float64,
        "engagement": pl.Struct(dict.fromkeys(COUNTERS, pl.Float64)),
        "like_and_view_counts_disabled": pl.Boolean,
        "user": AUTHOR,
    }
)

_AUTHORS = ("user", "owner", "author")
_HANDLES = ("username", "unique_id", "uniqueId", "handle", "login")
# What the words and numbers of Instagram, and the words of the other platforms, mean. The numbers are those of
# Instagram's own API (1 a picture, 2 a video, 8 an album), as its public clients describe them; the captures have them.
_KIND_OF_PRODUCT = {
    "clips": "reel", "reel": "reel", "reels": "reel", "story": "story", "igtv": "video",
    "carousel_container": "carousel",
}  # fmt: skip
_NO_KIND = ("feed", "ad")
_KIND_OF_TYPE = {
    "1": "post", "image": "post", "photo": "post", "post": "post", "2": "video", "video": "video", "8": "carousel",
    "carousel": "carousel", "carousel_container": "carousel", "album": "carousel", "reel": "reel", "reels": "reel",
    "clips": "reel", "story": "story", "short": "short", "shorts": "short", "tweet": "post", "igtv": "video",
    "graphimage": "post", "graphvideo": "video", "graphsidecar": "carousel", "carousel_album": "carousel",
}  # fmt: skip


def post_record(text: str) -> str:
    """A post as one record, its author under ``user.username`` under whatever name the answer has it."""
    raw = text.encode()
    fields = object_at(raw) or {}
    if not any(name in fields for name in _AUTHORS) or text_at(raw, "user", "username"):
        return text
    author = next(_authors_in(raw), None)
    return text if author is None else msgspec.json.encode({**fields, "user": {"username": author}}).decode()


def _authors_in(post: bytes) -> Iterator[str]:
    for name in _AUTHORS:
        found = value_at(post, name)
        if isinstance(found, str) and found.strip():
            yield found
        elif isinstance(found, dict):
            yield from (text for key in _HANDLES if isinstance(text := found.get(key), str) and text.strip())


def is_no_handle(author: pl.Expr) -> pl.Expr:
    """Whether an author is a name with blanks, which no handle has."""
    return author.str.strip_chars().str.contains(r"\s").fill_null(value=False)


def post_kind() -> pl.Expr:
    """The kind of a post as a word, by ``product_type`` and ``media_type``; null for a code that nobody documents."""
    return pl.coalesce(
        _code("product_type").replace_strict(_KIND_OF_PRODUCT, default=None, return_dtype=pl.String),
        _code("media_type").replace_strict(_KIND_OF_TYPE, default=None, return_dtype=pl.String),
    )


def has_unknown_kind() -> pl.Expr:
    """Whether a post has a code for its kind, and none that is known."""
    product = _code("product_type").is_not_null() & ~_code("product_type").is_in(_NO_KIND)
    return post_kind().is_null() & (pl.col("media_type").is_not_null() | product).fill_null(value=False)


def counters() -> list[pl.Expr]:
    """The counters of a post. Where the creator hides likes and views, what stands in their place is no count."""
    engagement = pl.col("engagement").struct
    is_hidden = pl.col("like_and_view_counts_disabled").fill_null(value=False)
    return [
        pl.when(~is_hidden | pl.lit(name in {"comments", "shares"})).then(whole(engagement.field(name))).alias(name)
        for name in COUNTERS
    ]


def times_in(body: bytes, observed_at: datetime) -> list[datetime]:
    """When the posts of a page were published, in the order of the page, as far as they say it plausibly."""
    items = records_at(body, "result", "items") or ()
    read = ((plausible_timestamp(value_at(raw, name), observed_at) for name in MOMENTS) for raw in items)
    return [at for stated in read if (at := next((one for one in stated if one is not None), None)) is not None]


def _code(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase().str.strip_suffix(".0")
