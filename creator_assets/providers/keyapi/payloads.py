"""The shape of KeyAPI's one answer (``002_4ccb9e44c0d725df.txt``): a code, a message, and accounts.

Ids are beyond 2^53 and are read as texts. Unknown values are empty texts, not null. Three fields hold JSON inside a
text. Real rows have fractions where the document says integer, so every number is read as a fraction.
"""

from __future__ import annotations

import msgspec
import polars as pl

from creator_assets.providers.parsing.bodies import object_at, records_at, whole_at

_TEXTS = (
    "user_id", "unique_id", "nick_name", "signature", "category", "contact_email", "gender", "language", "region",
    "influencer_video_duration_level", "influencer_video_publish_hour", "influencer_video_publish_week",
)  # fmt: skip
_NUMBERS = (
    "interaction_rate", "total_followers_cnt", "total_followers_30d_cnt", "total_following_cnt", "total_post_video_cnt",
)  # fmt: skip
ACCOUNT = pl.Struct(dict.fromkeys(_TEXTS, pl.String) | dict.fromkeys(_NUMBERS, pl.Float64))


def code_in(body: bytes) -> int | None:
    """The answer's own code, 0 for success; it counts although the status is 200."""
    return whole_at(body, "code")


def accounts_in(body: bytes) -> list[msgspec.Raw] | None:
    """The raw accounts; an answer without any has null or an empty list, depending on its code."""
    fields = object_at(body)
    if fields is not None and bytes(fields.get("data", msgspec.Raw(b"null"))) == b"null":
        return []
    return records_at(body, "data")
