"""Requests that several tests of influencers.club share, and creators that its sandbox knows; no test here."""

from __future__ import annotations

from typing import Any

from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.influencers_club import post_requests, requests, rows

from .bench import ProviderBench

SETTINGS = ProviderSettings()
CREDIT = 1_000_000
FULL = requests.full_profile(SETTINGS, "instagram", "x").first
POSTS = post_requests.posts(SETTINGS, "instagram", "x", 12).first
OVERLAP = requests.overlap(SETTINGS, "instagram", ["a", "b"]).first


def known(bench: ProviderBench, platform: str = "instagram", count: int = 30, **filters: Any) -> list[str]:
    found = bench.fetch(requests.search(SETTINGS, platform, filters, count))
    parsed = rows.creator_rows(found, origin="search", origin_name="a", platform=platform)
    names: list[str] = parsed.rows["username"].to_list()
    return names
