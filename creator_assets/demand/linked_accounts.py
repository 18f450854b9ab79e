"""Linked accounts: on which other platforms the best creators of a shortlist are, as a provider states it.

Such a statement is the strongest evidence that two accounts are one person's. What follows from it belongs to
``identity``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from creator_assets.demand.cost_bounds import max_selected_of, possible_requests
from creator_assets.demand.provider_choice import best_of, cheapest_capability
from creator_assets.demand.requests import ProviderRequest, states_of
from creator_assets.demand.single_round import AnswerRowsStage, Answers
from creator_assets.demand.stage import RequestBound, StageContext
from creator_assets.providers.contract.capability_protocols import AnswerRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.parsed import Parsed


class LinkedAccounts(AnswerRowsStage[ProviderRequest[AnswerRows]]):
    """One request for each of the best `top` creators, in the order of places."""

    asset = "linked_accounts"
    tolerates_rejections = True
    has_account_ids = True

    def is_asked(self, at: StageContext) -> bool:
        """Whether the brief has a section `linked_accounts`."""
        return at.campaign.linked_accounts is not None

    def max_age(self, at: StageContext) -> timedelta:
        """As the brief says."""
        wish = at.campaign.linked_accounts
        return wish.max_age if wish else timedelta(0)

    def requests(self, at: StageContext) -> list[ProviderRequest[AnswerRows]] | None:
        """One for each creator; None before the shortlist is known.

        Raises:
            NoCapabilityError: No provider with a budget links accounts of a platform of the shortlist.
        """
        shortlist, wish = at.shortlist, at.campaign.linked_accounts
        if shortlist is None or wish is None:
            return None
        return [
            self._request(at, platform, username, finder) for platform, username, finder in best_of(shortlist, wish.top)
        ]

    def bounds(self, at: StageContext) -> list[RequestBound]:
        """As many requests as the brief allows, of any platform of the brief."""
        wish = at.campaign.linked_accounts
        if wish is None:
            return []
        return possible_requests(
            at.campaign,
            lambda platform, finder: [self._request(at, platform, "", finder).pages.first],
            max_selected_of(at.campaign, wish.top),
        )

    def metadata(
        self,
        at: StageContext,
        requests: Sequence[ProviderRequest[AnswerRows]],
        answers: Answers,
        parsed: Sequence[Parsed],
    ) -> Mapping[str, Any]:
        """How many creators were asked for, and how many of them the provider does not know."""
        return {"creators_asked": len(requests), "creators_not_found": states_of(parsed).get("not_found", 0)}

    def _request(self, at: StageContext, platform: str, username: str, finder: str) -> ProviderRequest[AnswerRows]:
        wish = at.campaign.linked_accounts
        can = cheapest_capability(
            CapabilityKind.LINKED_ACCOUNTS,
            at,
            platform=platform,
            provider=wish.provider if wish else None,
            finder=finder,
        )
        return ProviderRequest(capability=can, pages=can.pages(at.settings[can.provider], platform, username))
