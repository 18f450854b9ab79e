"""Requests to influencers.club for the tests of the sandbox, and handles with data. No test belongs here."""

from __future__ import annotations

from typing import Any

import httpx

from .conftest import SandboxBench

ROOT = "/public/v1"
DISCOVERY = f"{ROOT}/discovery/"
GERMANS = {
    "platform": "instagram",
    "filters": {"location": ["Germany"], "number_of_followers": {"min": 10_000, "max": 250_000}},
}


def post(bench: SandboxBench, path: str, **body: Any) -> httpx.Response:
    return bench.club.post(f"{ROOT}/{path}", json=body)


def handles(bench: SandboxBench, platform: str = "instagram", count: int = 10, **filters: Any) -> list[str]:
    """Search for handles with data at the provider. The search is charged."""
    body = {"platform": platform, "paging": {"limit": count, "page": 1}, "filters": filters}
    return [one["profile"]["username"] for one in bench.club.post(DISCOVERY, json=body).json()["accounts"]]
