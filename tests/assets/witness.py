"""A witness of what a sandbox says, and the rows of `video_stats` that follow from it; no test here.

Nothing of the providers' code is used: what is asked and how counters grow is written down here once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import httpx

from creator_assets.sandbox import RunningSandbox

CLUB, SERIES = "influencers_club", "influtics"
COUNTERS = ("views", "likes", "comments", "shares")
Counts = tuple[int | None, ...]


class World:
    """What a sandbox says to somebody with a key of its own requests, at some moment."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._sandbox = sandbox
        self._http = httpx.Client(timeout=30, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def ask(self, provider: str, method: str, path: str, **asked: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer sandbox-{provider.replace('_', '-')}"}
        return self._http.request(method, self._sandbox.url(provider) + path, headers=headers, **asked)

    def content(self, what: str, at: datetime, **asked: Any) -> dict[str, Any] | None:
        self._http.post(self._sandbox.url("_sandbox") + "/clock", json={"set": at.isoformat()}).raise_for_status()
        answer = self.ask(CLUB, "POST", f"/public/v1/creators/content/{what}/", json=asked)
        return None if answer.status_code == 404 else answer.raise_for_status().json()["result"]

    def look(self, platform: str, native_id: str, at: datetime) -> Counts | None:
        """The counters of a video at a moment; None where nobody knows it."""
        found = self.content("details", at, platform=platform, content_type="data", post_id=native_id)
        return tuple(found["engagement"][name] for name in COUNTERS) if found else None

    def posts(self, platform: str, handle: str, count: int, at: datetime) -> list[str]:
        """Addresses of a creator's videos."""
        found = self.content("posts", at, platform=platform, handle=handle, count=count)
        assert found
        return [one["url"] for one in found["items"]]

    def averages(self, username: str) -> tuple[float, ...] | None:
        """What a creator's videos get on average; None where nothing is known of them, or not yet."""
        asked = {"username": username, "platform": "TikTok"}
        answer = self.ask(SERIES, "GET", "/v1/bloggers/info", params=asked)
        noted = answer.json()["data"]["blogger"] if answer.status_code == 200 else {"video_count": 0}
        names = ("avg_views", "avg_likes", "avg_comments", "video_count")
        return tuple(noted[name] for name in names) if noted["video_count"] else None


def days_of(
    platform: str,
    native_id: str,
    begun: datetime | None,
    counted: Mapping[date, tuple[datetime, Counts]],
    source: str,
    days: Sequence[date],
) -> Iterator[dict[str, Any]]:
    """A video's rows among `days`: of each day of its time, or of those that are counted where nobody tracks it."""
    before: tuple[date, Counts] | None = None
    own = [day for day in days if 0 <= (day - begun.date()).days < 30] if begun else list(counted)
    for day in own:
        at, counts = counted.get(day, (None, (None,) * 4))
        grown = [
            None if now is None or then is None else now - then
            for now, then in zip(counts, before[1] if before else (None,) * 4, strict=True)
        ]
        yield {
            "platform": platform,
            "native_id": native_id,
            "stats_on": day,
            "source": source if at else "missing",
            "counted_at": at,
            "day_number": (day - begun.date()).days + 1 if begun else None,
            "age_hours": (at - begun).total_seconds() / 3600 if begun and at else None,
            **dict(zip(COUNTERS, counts, strict=True)),
            **{f"{name}_added": added for name, added in zip(COUNTERS, grown, strict=True)},
            "days_missing": (day - before[0]).days - 1 if at and before else None,
            "is_correction": any(added is not None and added < 0 for added in grown) if at else None,
        }
        before = (day, counts) if at else before
