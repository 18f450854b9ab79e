"""Three videos, one of each platform, and the request that begins to track them together; no test here."""

from __future__ import annotations

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.influtics import operations, requests

SETTINGS = ProviderSettings()
TIKTOK, REEL, WATCH = (
    "https://www.tiktok.com/@username/video/1234567890",
    "https://www.instagram.com/p/ABC123DEF456/",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
)
PARTS = tuple(pages.first for pages in requests.track(SETTINGS, [TIKTOK, REEL, WATCH]))
assert operations.TRACK.join is not None
TRACK = operations.TRACK.join(PARTS)
