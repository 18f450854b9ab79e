"""The shape of influencers.club's answers as far as they become rows.

``003_4cf6d03a58a0fd76.txt`` shows no bodies: these follow the provider's public guides, reference pages and
connectors. Fields that these types do not name stay in the archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import polars as pl

from creator_assets.providers.parsing.bodies import object_at, records_at, value_at

# Platforms of the full enrichment and of connected accounts; the raw enrichment lacks Twitch.
ENRICHED_PLATFORMS = (
    "instagram", "youtube", "tiktok", "onlyfans", "twitter", "snapchat", "discord", "pinterest", "facebook", "linkedin",
    "twitch",
)  # fmt: skip
EMAIL_PLATFORMS = ("instagram", "youtube", "tiktok", "twitter", "twitch", "onlyfans", "linkedin")
"""Where the advanced match of an e-mail address looks for accounts (``003_4cf6d03a58a0fd76.txt``)."""
AUDIENCE_PLATFORMS = ("instagram", "tiktok", "youtube")
CONTENT_TYPES = {
    "instagram": ("data", "comments", "transcript", "audio"),
    "tiktok": ("data", "comments", "transcript", "audio"),
    "youtube": ("data", "comments", "transcript"),
}
# The most posts that a page brings; Instagram's number is fixed.
POSTS_PER_PAGE = {"instagram": 12, "tiktok": 35, "youtube": 50}


class Credits(msgspec.Struct):
    """The account's credits; the seed names both fields without their types."""

    credits_available: float | str
    credits_used: float | str


ACCOUNT = pl.Struct(
    {
        "user_id": pl.String,
        "profile": pl.Struct(
            {
                "full_name": pl.String,
                "username": pl.String,
                "followers": pl.Float64,
                "engagement_percent": pl.Float64,
            }
        ),
    }
)

AUTHOR = pl.Struct({"username": pl.String})
COMMENT = pl.Struct(
    {
        "comment_id": pl.String,
        "pk": pl.String,
        "id": pl.String,
        "text": pl.String,
        "created_at": pl.String,
        "likes": pl.Float64,
        "user": AUTHOR,
    }
)
SPOKEN = pl.Struct(dict.fromkeys(("transcript", "language", "audio_url", "title"), pl.String))
SOCIAL = pl.Struct(
    dict.fromkeys(("platform", "user_id", "userId", "url", "username", "fullname"), pl.String)
    | {"followers": pl.Float64}
)
OVERLAP = pl.Struct(
    dict.fromkeys(("user_id", "username"), pl.String)
    | dict.fromkeys(("followers", "unique_percentage", "overlapping_percentage"), pl.Float64)
)
FILTER_VALUE = pl.Struct(
    {"value": pl.String, "label": pl.String, "parent": pl.String, "other_names": pl.List(pl.String)}
)
_VALUE_KEYS = (
    "abbreviation", "abbr", "code", "username", "cleaned_name", "value", "name", "topic", "topic_details", "game_name",
    "title",
)  # fmt: skip
_LABEL_KEYS = ("full_name", "name", "label", "language", "topic", "topic_details", "game_name", "title")
_CHILD_KEYS = ("children", "states", "cities")


def accounts_in(body: bytes) -> list[msgspec.Raw] | None:
    """The raw creators of a page of discovery or of look-alikes; None for any other body."""
    return records_at(body, "accounts")


def profile_record(result: bytes | msgspec.Raw, platform: str) -> str:
    """A profile as one record: the top level, and under ``block`` the block of `platform`.

    Raw enrichments have no blocks: their result is the platform's own object, which serves as the block. The record is
    empty where `result` is no profile.
    """
    fields = object_at(result)
    if fields is None and len(alone := records_at(result) or []) == 1:
        result = alone[0]  # a list of the one profile
        fields = object_at(result)
    if fields is None:
        return "{}"
    blocks = {name for name in ENRICHED_PLATFORMS if name in fields and object_at(fields[name]) is not None}
    if not blocks and platform not in fields:
        top, block = {}, msgspec.Raw(bytes(result))
    else:  # a full profile; the block of another platform is no profile of this one
        top = {key: value for key, value in fields.items() if key not in ENRICHED_PLATFORMS}
        block = fields.get(platform, msgspec.Raw(b"null"))
    record = msgspec.json.encode({**top, "block": block})
    return record.decode("utf-8", errors="replace")


def result_in(body: bytes) -> msgspec.Raw:
    """The result of an enrichment, undecoded; JSON null where there is none.

    It stands under ``result`` (documented) or ``data``, and may be JSON inside a text.
    """
    fields = object_at(body) or {}
    result = next((fields[name] for name in ("result", "data") if name in fields), msgspec.Raw(b"null"))
    text = value_at(result) if bytes(result)[:1] == b'"' else None
    return msgspec.Raw(text.encode()) if isinstance(text, str) and object_at(text.encode()) is not None else result


def has_data(result: Any) -> bool:
    """Whether a result holds anything. A page without items or comments holds nothing, and nor does a sentence."""
    if isinstance(result, dict):
        return all(result[name] not in ([], None) for name in ("items", "comments") if name in result) and bool(result)
    return isinstance(result, list) and bool(result)


def next_token(body: bytes, name: str) -> str:
    """The token of the next page of posts (``next_token``) or comments (``pagination_token``); empty at the end."""
    if value_at(body, "result", "more_available") is False or value_at(body, "result", "has_more") is False:
        return ""
    token = value_at(body, "result", name)
    return token if isinstance(token, str) else ""


def dictionary_entries(body: bytes) -> list[dict[str, Any]]:
    """The entries of a dictionary as value, label, parent and other names; one whose value cannot be found has None.

    The seed shows no body of a dictionary, so all known forms are read: texts, or objects with the value under one of
    several names, in a bare list or under one key, with sub-entries under another.
    """
    content = value_at(body)
    if isinstance(content, dict):
        content = next((value for value in content.values() if isinstance(value, list)), [])
    return list(_entries(content, ""))


def _entries(content: Any, parent: str) -> Iterator[dict[str, Any]]:
    for item in content if isinstance(content, list) else []:
        if isinstance(item, str) and item:
            yield {"value": item, "label": item, "parent": parent}
        elif isinstance(item, dict):
            value = _text_under(item, _VALUE_KEYS)
            label = _text_under(item, _LABEL_KEYS) or value
            names = dict.fromkeys(_text_under(item, (key,)) for key in _VALUE_KEYS)
            others = [name for name in names if name is not None and name not in {value, label}]
            yield {"value": value, "label": label, "parent": parent, "other_names": others}
            for key, inner in item.items():
                if key in _CHILD_KEYS or key.startswith("sub"):
                    yield from _entries(inner, value or "")
        else:
            yield {"value": None, "label": None, "parent": parent}


def _text_under(item: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((str(item[key]) for key in keys if isinstance(item.get(key), str | int) and str(item[key])), None)
