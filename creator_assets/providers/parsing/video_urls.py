"""Addresses of videos in one canonical form, so that no video is paid for twice because it was written in two ways.

The forms are those of ``004_40d95a48aadf2d02.txt``: TikTok with its mobile site, Instagram reels and posts, YouTube's
watch, short and share links. TikTok's short links stay what they are: only the network knows where they lead.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

import msgspec


class UnknownVideoUrlError(ValueError):
    """The text is no address of a video on a known platform. The message omits the address: it names a person."""

    def __init__(self) -> None:
        """Give an example of an address for each platform."""
        super().__init__(
            "this is no address of a single TikTok, Instagram or YouTube video; it should read like "
            "https://www.tiktok.com/@name/video/123, https://www.instagram.com/reel/ABC/ or "
            "https://www.youtube.com/watch?v=ABC"
        )


class VideoUrl(msgspec.Struct, frozen=True, kw_only=True):
    """A video's address: its platform, the platform's id (empty for a short link), and the canonical address.

    ``username`` is the handle of its creator, without @; empty where it is not known.
    """

    platform: str
    native_id: str
    url: str
    username: str = ""

    @property
    def key(self) -> str:
        """The same text for all addresses of a video; for a short link its address."""
        return f"{self.platform}/{self.native_id}" if self.native_id else self.url


_TIKTOK = re.compile(r"/(@[^/]+)/video/(\d+)/?")
_SHORT_LINK = re.compile(r"/([\w-]+)/?")
_INSTAGRAM = re.compile(r"/(?:reels?|p)/([A-Za-z0-9_-]+)/?")
_PRIVATE_LETTERS = 28
_YOUTUBE = re.compile(r"/shorts/([\w-]{11})/?")
_YOUTUBE_SHARE = re.compile(r"/([\w-]{11})/?")
_YOUTUBE_ID = re.compile(r"[\w-]{11}")


def video_url(text: str) -> VideoUrl:
    """The video behind an address in any documented form; tracking parameters are dropped.

    Raises:
        UnknownVideoUrlError: It is no address of a single video.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        raise UnknownVideoUrlError from None
    if parts.scheme not in {"http", "https"}:
        raise UnknownVideoUrlError
    if host in {"tiktok.com", "m.tiktok.com"} and (found := _TIKTOK.fullmatch(parts.path)):
        return _tiktok(found[1].lower(), found[2])
    if host in {"vm.tiktok.com", "vt.tiktok.com"} and (found := _SHORT_LINK.fullmatch(parts.path)):
        return VideoUrl(platform="tiktok", native_id="", url=f"https://{host}/{found[1]}/")
    if host == "instagram.com" and (found := _INSTAGRAM.fullmatch(parts.path)):
        return VideoUrl(platform="instagram", native_id=found[1], url=f"https://www.instagram.com/p/{found[1]}/")
    if video_id := _youtube_id(host, parts.path, parts.query):
        return VideoUrl(platform="youtube", native_id=video_id, url=f"https://www.youtube.com/watch?v={video_id}")
    raise UnknownVideoUrlError


def distinct(texts: Iterable[str]) -> list[VideoUrl]:
    """The videos behind some addresses, each once, in order.

    Raises:
        UnknownVideoUrlError: One of them is no address of a single video.
    """
    found: dict[str, VideoUrl] = {}
    for text in texts:
        video = video_url(text)
        found.setdefault(video.key, video)
    return list(found.values())


def instagram_media_id(shortcode: str) -> str:
    """The id of the post at ``instagram.com/p/<shortcode>/``: the code is that number in URL-safe base64.

    The code of a private account's post has 28 more letters at its end. Source:
    https://github.com/notslang/instagram-id-to-url-segment, and its issue 5 for private posts.
    """
    code = shortcode[:-_PRIVATE_LETTERS] if len(shortcode) > _PRIVATE_LETTERS else shortcode
    padded = "A" * (-len(code) % 4) + code
    return str(int.from_bytes(urlsafe_b64decode(padded), "big"))


def address_of(platform: str, native_id: str, *, username: str, url: str | None = None) -> VideoUrl | None:
    """The address of a post whose id is known; None where the id is not enough.

    Instagram's addresses hold another code than its ids, so a post there needs its address.
    """
    written = url or {
        "tiktok": f"https://www.tiktok.com/@{username}/video/{native_id}",
        "youtube": f"https://www.youtube.com/watch?v={native_id}",
    }.get(platform, "")
    try:
        return msgspec.structs.replace(video_url(written), username=username)
    except UnknownVideoUrlError:
        return None


def _tiktok(handle: str, video_id: str) -> VideoUrl:
    url = f"https://www.tiktok.com/{handle}/video/{video_id}"
    return VideoUrl(platform="tiktok", native_id=video_id, url=url, username=handle.removeprefix("@"))


def _youtube_id(host: str, path: str, query: str) -> str:
    if host in {"youtube.com", "m.youtube.com"}:
        if path.rstrip("/") == "/watch":
            given = parse_qs(query).get("v", [""])[0]
            return given if _YOUTUBE_ID.fullmatch(given) else ""
        found = _YOUTUBE.fullmatch(path)
    else:
        found = _YOUTUBE_SHARE.fullmatch(path) if host == "youtu.be" else None
    return found[1] if found else ""
