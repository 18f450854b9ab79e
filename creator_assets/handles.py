"""The one spelling of an account's handle: what people, providers and platforms write differently for one account.

Platforms do not tell upper from lower case in a handle, and the @ before it is only notation. The id of a YouTube
channel is something else: its case counts. What is planned, requested, compared or stored has this spelling.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

import polars as pl

_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
# Parts of an address that come before the handle, and hosts of platforms on which a handle may follow at once.
_BEFORE = frozenset({"channel", "c", "user", "in", "add", "profile", "company", "people"})
_HOSTS = re.compile(
    r"(^|\.)(instagram|tiktok|youtube|twitter|x|twitch|linkedin|snapchat|facebook|pinterest|onlyfans|threads)\.[a-z.]{2,6}$"
)


def canonical_handle(text: str) -> str:
    """The handle in its one spelling; empty where nothing is left.

    Blanks, invisible characters and leading @ are gone, letters are case-folded (Unicode), and the address of a profile
    becomes its handle. The id of a YouTube channel keeps its case.
    """
    bare = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    bare = _in_address(bare).strip().lstrip("@").strip()
    return bare if _CHANNEL_ID.fullmatch(bare) else bare.casefold()


def is_channel_id(text: str) -> bool:
    """Whether this is the id of a YouTube channel, which stands for the channel like a handle."""
    return _CHANNEL_ID.fullmatch(text) is not None


def canonical_handles(handles: pl.Expr) -> pl.Expr:
    """The same for a column of texts; null where nothing is left."""

    def spelled(column: pl.Series) -> pl.Series:
        distinct = column.drop_nulls().unique()
        spelling = {text: canonical_handle(text) or None for text in distinct}
        return column.replace_strict(spelling, default=None, return_dtype=pl.String)

    return handles.map_batches(spelled, return_dtype=pl.String, is_elementwise=True)


def mixes_scripts(text: str) -> bool:
    """Whether the letters are of several scripts that look alike, such as a Cyrillic letter in a Latin handle."""
    names = [unicodedata.name(letter, "") for letter in text if letter.isalpha()]
    return len({name.partition(" ")[0] for name in names} & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"}) > 1


def _in_address(text: str) -> str:
    """The handle in the address of a profile; any other text as it is."""
    if "/" not in text:
        return text
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        return text
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    if not _HOSTS.search(host) or not segments:
        return text
    return segments[1] if segments[0].lower() in _BEFORE and len(segments) > 1 else segments[0]
