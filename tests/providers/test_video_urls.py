"""Addresses of videos: one form however they are written, and what is none is refused."""

from __future__ import annotations

import pytest

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.influtics import requests
from creator_assets.providers.parsing.video_urls import video_url

from .videos import REEL, TIKTOK, WATCH

SETTINGS = ProviderSettings()


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://www.tiktok.com/@UserName/video/1234567890?is_copy_url=1&lang=de", TIKTOK),
        ("https://m.tiktok.com/@username/video/1234567890", TIKTOK),
        ("tiktok.com/@username/video/1234567890/", TIKTOK),
        ("https://www.instagram.com/reel/ABC123DEF456/", REEL),
        ("https://instagram.com/p/ABC123DEF456/", REEL),
        (" http://www.instagram.com/p/ABC123DEF456?igsh=x ", REEL),
        ("https://youtu.be/dQw4w9WgXcQ?t=7", WATCH),
        ("https://youtube.com/shorts/dQw4w9WgXcQ", WATCH),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", WATCH),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=x", WATCH),
        ("https://vm.tiktok.com/shortlink", "https://vm.tiktok.com/shortlink/"),
        ("https://vt.tiktok.com/ZSHpobCM8BbnH-fbjKy/", "https://vt.tiktok.com/ZSHpobCM8BbnH-fbjKy/"),
    ],
)
def test_an_address_has_one_form_however_it_is_written(written: str, url: str) -> None:
    assert video_url(written).url == url
    assert video_url(url).url == url


@pytest.mark.parametrize(
    "written",
    ["", "my video", "https://www.tiktok.com/@someone", "https://evil.example/www.tiktok.com/@a/video/1", "ftp://youtu.be/x",
     "https://www.youtube.com/watch?v=short", "https://www.instagram.com/some_name/", "https://[::1", "https://tiktok.com:x"],
)  # fmt: skip
def test_a_text_that_is_no_video_address_is_refused_without_quoting_it(written: str) -> None:
    with pytest.raises(ValueError, match="no address of a single") as caught:
        requests.track(SETTINGS, [written])
    assert not written or written not in str(caught.value)
