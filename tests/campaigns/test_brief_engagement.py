"""One minimum for engagement rates that providers define differently: the brief is right, and warned."""

from __future__ import annotations

import pytest

from creator_assets.campaigns.brief import examine_brief
from tests.campaigns.briefs import BRIEF, CATALOG, changed


def warned(text: str) -> list[str]:
    found = examine_brief("one", text.encode(), CATALOG)
    assert found.campaign is not None
    return [f"{one.field}: {one.problem}" for one in found.warnings]


def test_a_minimum_for_rates_of_several_definitions_is_warned_of() -> None:
    (warning,) = warned(BRIEF)
    assert warning.startswith("shortlist.min_engagement_rate: one minimum holds for engagement rates that cannot be")
    assert warning.endswith(": north on instagram, south on tiktok")


@pytest.mark.parametrize(
    "text",
    [
        changed("min_engagement_rate: 0.02, ", ""),
        changed("min_engagement_rate: 0.02", "min_engagement_rate: 0"),
        changed(BRIEF[BRIEF.index("  - name: tiktok") : BRIEF.index("lookalikes:")], ""),
    ],
)
def test_without_a_minimum_or_with_one_definition_nothing_is_said(text: str) -> None:
    assert warned(text) == []
