"""Influtics: from a URL to the platform and id of its video.

Belongs here: all documented forms of TikTok, Instagram and YouTube URLs. A short link of TikTok always resolves to the
same video of the universe. Whether a video can be tracked does not belong here.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from creator_assets.sandbox.engine.endpoint import SandboxRequest
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
_POPULAR = 200  # short links resolve to the largest accounts


def video_at(request: SandboxRequest, url: str) -> tuple[str, str, str] | None:
    """Return (platform, external video id, resolved URL), or None for a URL of no documented form."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    host = (parts.hostname or "").casefold()
    if host in _SHORT_HOSTS:
        return _unshortened(request, parts.path.strip("/"))
    if host.endswith("youtube.com") and parts.path.rstrip("/") == "/watch":
        given = parse_qs(parts.query).get("v", [""])[0]
        return ("youtube", given, url) if _YOUTUBE_ID.fullmatch(given) else None
    for platform, hosts, form in _FORMS:
        matched = form.fullmatch(parts.path)
        if host in hosts and matched:
            return platform, matched[1], url
    return None


def _unshortened(request: SandboxRequest, code: str) -> tuple[str, str, str] | None:
    if not re.fullmatch(r"[\w-]{5,40}", code):
        return None
    bits = mix_text("short link", code)
    matches = request.world.universe.search(Criteria(platform="tiktok"), request.now)
    owners = matches.page(bits % _POPULAR, 1) or matches.page(0, 1)
    if not owners:
        return None
    video = video_of(owners[0], bits >> 20 & 63)
    return "tiktok", video.video_id, f"https://www.tiktok.com/@{owners[0].handle}/video/{video.video_id}"
