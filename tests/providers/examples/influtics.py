"""Influtics: a blogger and a tracked video, the two operations of its documents."""

from __future__ import annotations

from creator_assets.providers.influtics import requests, rows
from tests.providers.bench import ProviderBench
from tests.providers.examples import SETTINGS, Ask, Examples, one_table


def ask_all(_bench: ProviderBench, ask: Ask) -> None:
    ask(requests.profile(SETTINGS, "tiktok", "bar.films").first)
    ask(requests.track(SETTINGS, ["https://www.tiktok.com/@bar.films/video/7489443966908189959"])[0].first)


EXAMPLES = Examples(
    operations=("IT-1", "IT-2"),
    ask=ask_all,
    rows={"IT-1": one_table(rows.profile_rows), "IT-2": one_table(rows.tracked_rows)},
)
