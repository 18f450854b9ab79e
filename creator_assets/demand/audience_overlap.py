"""Audience overlap: how far the audiences of the best creators are the same people.

A comparison of up to ten creators costs the same for any number of them. Larger rosters are compared in the sets that
bound their reach best for the credits that the brief allows. What the reach is belongs to ``metrics``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from creator_assets.campaigns.model import MONTH
from creator_assets.demand.cost_bounds import platforms_of, possible_requests
from creator_assets.demand.provider_choice import best_of, cheapest_capability
from creator_assets.demand.requests import ProviderRequest
from creator_assets.demand.single_round import AnswerRowsStage, Answers
from creator_assets.demand.stage import RequestBound, StageContext
from creator_assets.metrics.unique_reach import sets_to_compare
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.parsed import Parsed


class AudienceOverlap(AnswerRowsStage[ProviderRequest[AnswerRows]]):
    """At most ``max_calls`` comparisons for each platform. A comparison serves a month."""

    asset = "audience_overlap"

    def is_asked(self, at: StageContext) -> bool:
        """Whether the brief has a section `overlap`."""
        return at.campaign.overlap is not None

    def max_age(self, at: StageContext) -> timedelta:
        """A month."""
        return MONTH

    def requests(self, at: StageContext) -> list[ProviderRequest[AnswerRows]] | None:
        """One for each set of creators; None before the shortlist is known."""
        shortlist, wish = at.shortlist, at.campaign.overlap
        if shortlist is None or wish is None:
            return None
        return [
            _request(at, platform, creators)
            for platform, names in rosters(shortlist, wish.top).items()
            for creators in sets_to_compare(names, wish.max_calls)
        ]

    def bounds(self, at: StageContext) -> list[RequestBound]:
        """As many as the brief allows for each of its platforms: any of them may come to be compared."""
        wish = at.campaign.overlap
        if wish is None:
            return []
        return possible_requests(
            at.campaign,
            lambda platform, _finder: [_request(at, platform, ["", " "]).pages.first],
            wish.max_calls * len(platforms_of(at.campaign)),
        )

    def metadata(
        self,
        at: StageContext,
        requests: Sequence[ProviderRequest[AnswerRows]],
        answers: Answers,
        parsed: Sequence[Parsed],
    ) -> Mapping[str, Any]:
        """How many sets are compared."""
        return {"sets": len(requests)}


def rosters(shortlist: pl.DataFrame, top: int) -> dict[str, list[str]]:
    """The best `top` by platform, those with the most followers first."""
    followers = {(p, n): f for p, n, f in shortlist.select("platform", "username", "followers").iter_rows()}
    found: dict[str, list[str]] = {}
    for platform, username, _ in best_of(shortlist, top):
        found.setdefault(platform, []).append(username)
    for platform, names in found.items():
        names.sort(key=lambda name: (-(followers[platform, name] or 0), name))
    return found


def _request(at: StageContext, platform: str, creators: Sequence[str]) -> ProviderRequest[AnswerRows]:
    wish = at.campaign.overlap
    can = cheapest_capability(CapabilityKind.OVERLAP, at, platform=platform, provider=wish.provider if wish else None)
    return ProviderRequest(capability=can, pages=can.pages(at.settings[can.provider], platform, list(creators)))
