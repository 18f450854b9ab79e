"""The one spelling of an account's handle: what people, providers and platforms write differently for one account.

Platforms do not tell upper from lower case in a handle, and the @ before it is only notation. The id of a YouTube
channel is something else: its case counts. What is planned, requested, compared or stored has this spelling.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import polars as pl

YOUTUBE = "youtube"
_CHANNEL = r"UC[A-Za-z0-9_-]{22}"
CHANNEL_ID = rf"^{_CHANNEL}$"
"""What the id of a YouTube channel looks like."""
_CHANNEL_ID = re.compile(_CHANNEL)
_NUMBER = re.compile(r"[0-9]{1,20}")
_NATIVE_IDS = {
    "instagram": _NUMBER,
    "twitch": _NUMBER,
    YOUTUBE: _CHANNEL_ID,
    "tiktok": re.compile(r"MS4wLjABAAAA[A-Za-z0-9_-]{8,120}"),
}
# Categories of characters that show nothing, and letters, marks and symbols that show nothing either.
_SHOWS_NOTHING = frozenset({"Cf", "Cc", "Zl", "Zp"})
_FILLERS = re.compile(r"[\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_HOST = re.compile(
    r"(?:(?P<sub>www|m|mobile|web|music|[a-z]{2})\.)?"
    r"(?P<site>instagram|tiktok|youtube|twitter|x|twitch|linkedin|snapchat|facebook|pinterest|onlyfans|threads)"
    r"\.(?:com|net|tv|[a-z]{2}|com?\.[a-z]{2})"
)
_SHORT_LINKS = frozenset({"vm", "vt"})  # only the network knows whose account they lead to
# Parts of an address that come before the handle.
_BEFORE = frozenset({"channel", "c", "user", "in", "add", "profile", "company", "school", "people", "stories"})
# Parts of an address that lead to a post, a search or a page of the platform, never to an account.
_NO_ACCOUNT = {
    "instagram": frozenset({"p", "reel", "reels", "tv", "explore", "accounts", "direct"}),
    YOUTUBE: frozenset({"watch", "shorts", "playlist", "live", "embed", "results", "feed", "hashtag", "clip", "post"}),
    "tiktok": frozenset({"t", "tag", "music", "video", "discover", "explore", "foryou", "search"}),
    "twitter": frozenset({"i", "home", "search", "hashtag", "explore", "intent"}),
    "x": frozenset({"i", "home", "search", "hashtag", "explore", "intent"}),
    "twitch": frozenset({"videos", "directory", "clip", "popout"}),
    "linkedin": frozenset({"posts", "feed", "jobs", "pulse", "groups"}),
}
_RENAMED = {"x": "twitter"}
_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})


def canonical_handle(text: str, platform: str | None = None) -> str:
    """The handle in its one spelling; empty where nothing is left. The spelling of a spelling is itself.

    Blanks, invisible characters and leading @ are gone, letters are case-folded (NFKC and Unicode's full folding), and
    the address of a profile becomes its handle. The id of a YouTube channel keeps its case.

    Args:
        text: As somebody wrote it.
        platform: Of the account; other platforms than YouTube have handles that only look like a channel's id.
    """
    keeps_ids = platform in {None, YOUTUBE}
    before, name = None, text
    while name != before:
        before = name
        bare = _in_address(_visible(name).strip()).strip().lstrip("@").strip()
        name = bare if keeps_ids and _CHANNEL_ID.fullmatch(bare) else bare.casefold()
    return name


def platform_of_address(text: str) -> str | None:
    """The platform on which an address lies; None for a text that is no address of a known platform.

    Two names of one platform (x.com and twitter.com) are one platform.
    """
    address = _address(_visible(text).strip().lstrip("@").strip())
    return None if address is None else _RENAMED.get(address.site, address.site)


def is_channel_id(text: str) -> bool:
    """Whether this is the id of a YouTube channel, which stands for the channel like a handle."""
    return _CHANNEL_ID.fullmatch(text) is not None


def is_native_id(text: str, platform: str) -> bool:
    """Whether this has the form of the platform's own id of an account, by which providers take it.

    Instagram and Twitch have numbers, YouTube the id of the channel. Of TikTok's two ids it is the ``secUid``.
    """
    form = _NATIVE_IDS.get(platform)
    return form is not None and form.fullmatch(text) is not None


def canonical_handles(handles: pl.Expr, platform: pl.Expr | str | None = None) -> pl.Expr:
    """The same for a column of texts; null where nothing is left.

    Args:
        handles: The texts.
        platform: Of the accounts: a column, or one name for all of them.
    """

    def spelled(column: pl.Series) -> pl.Series:
        distinct = column.drop_nulls().unique()
        spelling = {text: canonical_handle(text) or None for text in distinct}
        return column.replace_strict(spelling, default=None, return_dtype=pl.String)

    names = handles.map_batches(spelled, return_dtype=pl.String, is_elementwise=True)
    if platform is None:
        return names
    of = pl.lit(platform) if isinstance(platform, str) else platform
    only_looks_like_an_id = (of != YOUTUBE) & names.str.contains(f"^{_CHANNEL}$")
    return pl.when(only_looks_like_an_id).then(names.str.to_lowercase()).otherwise(names)


def mixes_scripts(text: str) -> bool:
    """Whether the letters are of several scripts that look alike, such as a Cyrillic letter in a Latin handle."""
    names = [unicodedata.name(letter, "") for letter in text if letter.isalpha()]
    return len({name.partition(" ")[0] for name in names} & _SCRIPTS) > 1


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    plain = _FILLERS.sub("", unicodedata.normalize("NFKC", text))
    return "".join(letter for letter in plain if unicodedata.category(letter) not in _SHOWS_NOTHING)


class _Address(NamedTuple):
    site: str
    segments: tuple[str, ...]


def _address(text: str) -> _Address | None:
    """The site and the path of an address on a platform; None for any other text, and for short links."""
    if "/" not in text:
        return None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = _HOST.fullmatch(parts.hostname or "")
    except ValueError:
        return None
    segments = tuple(unquote(segment) for segment in parts.path.split("/") if segment)
    if host is None or host["sub"] in _SHORT_LINKS or not segments:
        return None
    return _Address(host["site"], segments)


def _in_address(text: str) -> str:
    """The handle in the address of a profile, nothing for the address of something else; any other text as it is."""
    address = _address(text)
    if address is None:
        return text
    first = address.segments[0].lower()
    if first in _NO_ACCOUNT.get(address.site, ()):
        return ""
    return address.segments[1] if first in _BEFORE and len(address.segments) > 1 else address.segments[0]
