"""Who is asked: the brief's provider, else the cheapest that has a budget; and whom next where that one had nothing.

One rule for everything that is bought for a creator of the shortlist. What a provider can do is said in
``providers.capabilities``, and who is cheapest in ``providers.ranking``; what is asked belongs to the stage's file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Generic

import msgspec
import polars as pl

from creator_assets.campaigns import Audiences, Campaign, Profiles
from creator_assets.demand.requests import ProviderRequest
from creator_assets.providers.capabilities import NoCapabilityError, capability_or_none
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.capability import Capability, CapabilityKey, PagesT, RowsT, RowsT_co
from creator_assets.providers.contract.capability_protocols import AnswerRows, CreatorPages, ReadinessReader, ReportRows
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, PagedRequest
from creator_assets.providers.ranking import RankedCapability, ranked_capabilities

Account = tuple[str, str]
"""Platform and handle."""


class Candidate(ProviderRequest[RowsT_co], Generic[RowsT_co], frozen=True, kw_only=True):
    """One provider's way to what is wanted of one creator, why it is asked, and the free question before it if any."""

    reason: str
    question: ProviderRequest[ReadinessReader] | None = None

    def is_there(self, said: Sequence[Answer]) -> bool:
        """Whether it is worth asking, by the answers to the question; where there is none nobody can know."""
        if self.question is None:
            return True
        readiness = self.question.capability.rows(said[-1]) if said else None
        return readiness is not None and readiness.has_audience


class ProviderCandidates(msgspec.Struct, Generic[RowsT_co], frozen=True, kw_only=True):
    """A creator of whom something is wanted, who is asked for it, in order, and what has become of those before."""

    account: Account
    options: tuple[Candidate[RowsT_co], ...]
    had_nothing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Name the providers, never the creator."""
        return f"Ranked({', '.join(option.capability.provider for option in self.options)})"

    @property
    def reason(self) -> str:
        """Why the first of the options is asked."""
        had_nothing = [f"{' and '.join(self.had_nothing)} had nothing"] if self.had_nothing else []
        left_out = [f"{provider} was left out" for provider in self.left_out]
        return "; ".join([*had_nothing, *left_out, self.options[0].reason])

    @property
    def after_a_miss(self) -> ProviderCandidates[RowsT_co]:
        """The same creator without its first option, which had nothing."""
        had_nothing = (*self.had_nothing, self.options[0].capability.provider)
        return msgspec.structs.replace(self, options=self.options[1:], had_nothing=had_nothing)

    @property
    def without_paying(self) -> ProviderCandidates[RowsT_co]:
        """The same creator without its first option, which could not be paid."""
        left_out = (*self.left_out, self.options[0].capability.provider)
        return msgspec.structs.replace(self, options=self.options[1:], left_out=left_out)


def cheapest_capability(
    kind: CapabilityKey[PagesT, RowsT],
    campaign: Campaign,
    settings: Mapping[str, ProviderSettings],
    *,
    platform: str,
    provider: str | None,
    finder: str = "",
    depth: str = "",
) -> Capability[PagesT, RowsT]:
    """The capability that serves one creator: the first of `ranked_for`.

    Raises:
        NoCapabilityError: Nobody with a budget can, or not the provider that the brief names.
    """
    ranked = affordable_capabilities(
        kind, campaign, settings, platform=platform, provider=provider, finder=finder, depth=depth
    )
    return ranked[0].capability


def affordable_capabilities(
    kind: CapabilityKey[PagesT, RowsT],
    campaign: Campaign,
    settings: Mapping[str, ProviderSettings],
    *,
    platform: str,
    provider: str | None,
    depth: str = "",
    finder: str = "",
    max_cost: Decimal | None = None,
) -> list[RankedCapability[PagesT, RowsT]]:
    """Whom to ask for one creator, in order, each with the reason.

    Args:
        kind: What is wanted.
        campaign: For whom; only providers for which it has a budget are chosen.
        settings: Of every provider; they tell what a credit of each costs.
        platform: Of the creator.
        provider: The brief's own choice, which leaves no other.
        depth: Which way of the kind.
        finder: Who found the creator: asked before others of the same price, for it knows it.
        max_cost: The most that all who are asked may cost together, in the currency of the stated prices (credits where
            none is stated). The list ends before it is exceeded. Calls that are joined are reckoned as full.

    Raises:
        NoCapabilityError: Nobody with a budget can, or not the provider that the brief names, or nobody at that cost.
    """
    among = None if provider is not None else campaign.funded
    ranked = ranked_capabilities(
        kind, provider=provider, platform=platform, depth=depth, settings=settings, among=among, preferred=finder
    )
    if max_cost is None:
        return ranked
    affordable, together = [], Decimal(0)
    for choice in ranked:
        if choice.cost is None or together + choice.cost > max_cost:
            break
        together += choice.cost
        affordable.append(choice)
    if not affordable:
        first = ranked[0]
        costs = "an amount that nobody has stated" if first.cost is None else f"at least {first.cost.normalize():f}"
        raise NoCapabilityError(
            f"`{kind}` on {platform} costs {costs} for each creator ({first.capability.provider}), "
            f"and the brief allows {max_cost.normalize():f}. Raise max_cost_each in the brief, or leave it out."
        )
    return affordable


def ranked_profiles(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[ProviderCandidates[AnswerRows]]:
    """The creators chosen, in the order of places, and who is asked for the profile of each.

    Args:
        campaign: The brief.
        shortlist: Rows of ``schemas.Shortlist``.
        settings: Of every provider.

    Raises:
        NoCapabilityError: Nobody with a budget can be asked for the profiles of a platform.
    """
    wish = campaign.profiles
    return _ranked(CapabilityKind.PROFILE, campaign, wish, shortlist, shortlist.height, settings) if wish else []


def ranked_reports(
    campaign: Campaign, shortlist: pl.DataFrame, settings: Mapping[str, ProviderSettings]
) -> list[ProviderCandidates[ReportRows]]:
    """The best `top`, in the order of places, and who is asked for the audience report of each.

    Raises:
        NoCapabilityError: Nobody with a budget, or not the brief's provider, reports on audiences of a platform.
    """
    wish = campaign.audiences
    return _ranked(CapabilityKind.AUDIENCE, campaign, wish, shortlist, wish.top, settings) if wish else []


def _ranked(
    kind: CapabilityKey[CreatorPages, RowsT],
    campaign: Campaign,
    wish: Profiles | Audiences,
    shortlist: pl.DataFrame,
    top: int,
    settings: Mapping[str, ProviderSettings],
) -> list[ProviderCandidates[RowsT]]:
    return [
        ProviderCandidates(
            account=(platform, username),
            options=_options(kind, campaign, wish, platform, username, settings, finder),
        )
        for platform, username, finder in best_of(shortlist, top)
    ]


def options_for(
    campaign: Campaign,
    wish: Profiles | Audiences,
    platform: str,
    username: str,
    settings: Mapping[str, ProviderSettings],
    finder: str,
) -> tuple[Candidate[object], ...]:
    """Who is asked for one profile or report, in order."""
    if isinstance(wish, Profiles):
        return _options(CapabilityKind.PROFILE, campaign, wish, platform, username, settings, finder)
    return _options(CapabilityKind.AUDIENCE, campaign, wish, platform, username, settings, finder)


def _options(
    kind: CapabilityKey[CreatorPages, RowsT],
    campaign: Campaign,
    wish: Profiles | Audiences,
    platform: str,
    username: str,
    settings: Mapping[str, ProviderSettings],
    finder: str,
) -> tuple[Candidate[RowsT], ...]:
    is_profile = isinstance(wish, Profiles)
    ranked = affordable_capabilities(
        kind,
        campaign,
        settings,
        platform=platform,
        provider=wish.provider,
        depth=wish.depth if isinstance(wish, Profiles) else "",
        finder=finder,
        max_cost=wish.max_cost_each,
    )
    options = []
    for choice in ranked:
        can = choice.capability
        own = settings[can.provider]
        # A report can cost twenty times a profile: where its provider says for nothing if it is there, it is asked.
        ready = (
            None
            if is_profile
            else capability_or_none(CapabilityKind.READINESS, provider=can.provider, platform=platform)
        )
        question = ProviderRequest(capability=ready, pages=ready.pages(own, platform, username)) if ready else None
        pages = can.pages(own, platform, username)
        options.append(Candidate(capability=can, pages=pages, reason=choice.reason, question=question))
    return tuple(options)


def first_requests(ranked: Iterable[ProviderCandidates[object]]) -> dict[Account, PagedRequest]:
    """What the first choice is asked, by account."""
    return {one.account: one.options[0].pages for one in ranked}


def best_of(shortlist: pl.DataFrame, top: int) -> list[tuple[str, str, str]]:
    """Platform, handle and finder of the best `top` of a shortlist (``schemas.Shortlist``), in the order of places."""
    best = shortlist.filter("selected").sort("place").head(top)
    return list(best.select("platform", "username", "provider").iter_rows())


def max_selected(campaign: Campaign) -> int:
    """How many creators a shortlist can select before it is known."""
    return (campaign.shortlist.top if campaign.shortlist else 0) + len(campaign.roster)


def max_selected_of(campaign: Campaign, top: int) -> int:
    """How many of the best `top` there can be before the shortlist is known."""
    return min(top, max_selected(campaign))
