"""Influtics: which video an address means.

All documented forms of TikTok, Instagram and YouTube addresses; TikTok's short links are resolved to some video of
the universe, always the same. Whether the video may be tracked is not decided here.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from creator_assets.sandbox.engine.operation import Call
from creator_assets.sandbox.universe import Criteria
from creator_assets.sandbox.universe.mixing import mix_text
from creator_assets.sandbox.universe.videos import video_of

_SHORT_HOSTS = ("vm.tiktok.com", "vt.tiktok.com")
_FORMS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    ("tiktok", ("www.tiktok.com", "m.tiktok.com", "tiktok.com"), re.compile(r"/@[^/]+/video/(\d{5,20})/?")),
    ("instagram", ("www.instagram.com", "instagram.com"), re.compile(r"/(?:reel|p)/([A-Za-z0-9_-]{5,30})/?")),
    ("youtube", ("www.youtube.com", "youtube.com", "m.youtube.com"), re.compile(r"/shorts/([\w-]{11})/?")),
    ("youtube", ("youtu.be",), re.compile(r"/([\w-]{11})/?")),
)
_YOUTUBE_ID = re.compile(r"[\w-]{11}")
_POPULAR = 200  # short links lead to the greatest accounts


def video_at(call: Call, url: str) -> tuple[str, str, str] | None:
    """Return (platform, external video id, unshortened address), or None for an address of no documented form."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    host = (parts.hostname or "").casefold()
    if host in _SHORT_HOSTS:
        return _unshortened(call, parts.path.strip("/"))
    if host.endswith("youtube.com") and parts.path.rstrip("/") == "/watch":
        given = parse_qs(parts.query).get("v", [""])[0]
        return ("youtube", given, url) if _YOUTUBE_ID.fullmatch(given) else None
    for platform, hosts, form in _FORMS:
        matched = form.fullmatch(parts.path)
        if host in hosts and matched:
            return platform, matched[1], url
    return None


def _unshortened(call: Call, code: str) -> tuple[str, str, str] | None:
    if not re.fullmatch(r"[\w-]{5,40}", code):
        return None
    bits = mix_text("short link", code)
    matches = call.world.universe.search(Criteria(platform="tiktok"), call.now)
    owners = matches.page(bits % _POPULAR, 1) or matches.page(0, 1)
    if not owners:
        return None
    video = video_of(owners[0], bits >> 20 & 63)
    return "tiktok", video.video_id, f"https://www.tiktok.com/@{owners[0].handle}/video/{video.video_id}"
