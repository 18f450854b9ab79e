"""Which provider is asked: the one that the brief names, else the cheapest with a budget; and the next after a miss.

One rule for everything that is bought for a creator of the shortlist. What a provider can do belongs to
``providers.capabilities``; which is cheapest, to ``providers.ranking``; when the next one is asked, to ``waterfall``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Generic

import msgspec
import polars as pl

from creator_assets.campaigns import Audiences, Campaign, Profiles
from creator_assets.demand.requests import ProviderRequest
from creator_assets.demand.stage import StageContext
from creator_assets.providers.capabilities import NoCapabilityError, capabilities_for, capability_or_none
from creator_assets.providers.contract.account_ids import AccountIds
from creator_assets.providers.contract.capability import Capability, CapabilityKey, PagesT, RowsT, RowsT_co
from creator_assets.providers.contract.capability_protocols import AnswerRows, CreatorPages, ReadinessReader
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer, PagedRequest
from creator_assets.providers.ranking import RankedCapability, ranked_capabilities

Account = tuple[str, str]
"""Platform and handle."""


class Candidate(ProviderRequest[RowsT_co], Generic[RowsT_co], frozen=True, kw_only=True):
    """One provider that can be asked for a creator, why, and the free question that comes before, if any."""

    reason: str
    question: ProviderRequest[ReadinessReader] | None = None

    def is_there(self, answers: Sequence[Answer]) -> bool:
        """Whether the answers to the question say that the data is there; True where there is no question."""
        if self.question is None:
            return True
        readiness = self.question.capability.rows(answers[-1]) if answers else None
        return readiness is not None and readiness.has_audience


class ProviderCandidates(msgspec.Struct, Generic[RowsT_co], frozen=True, kw_only=True):
    """A creator, the providers that can be asked in order, and what became of those asked before."""

    account: Account
    candidates: tuple[Candidate[RowsT_co], ...]
    had_nothing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    note: str = ""

    def __repr__(self) -> str:
        """Name the providers, never the creator."""
        return f"ProviderCandidates({', '.join(one.capability.provider for one in self.candidates)})"

    @property
    def first(self) -> Candidate[RowsT_co]:
        """The one to ask now."""
        return self.candidates[0]

    @property
    def reason(self) -> str:
        """Why the first candidate is asked."""
        had_nothing = [f"{' and '.join(self.had_nothing)} had nothing"] if self.had_nothing else []
        left_out = [f"{provider} was left out" for provider in self.left_out]
        return "; ".join([*filter(None, [self.note]), *had_nothing, *left_out, self.first.reason])

    @property
    def after_a_miss(self) -> ProviderCandidates[RowsT_co]:
        """The same creator without its first candidate, which had nothing."""
        had_nothing = (*self.had_nothing, self.first.capability.provider)
        return msgspec.structs.replace(self, candidates=self.candidates[1:], had_nothing=had_nothing)

    @property
    def without_paying(self) -> ProviderCandidates[RowsT_co]:
        """The same creator without its first candidate, which could not be paid."""
        left_out = (*self.left_out, self.first.capability.provider)
        return msgspec.structs.replace(self, candidates=self.candidates[1:], left_out=left_out)


def cheapest_capability(
    kind: CapabilityKey[PagesT, RowsT],
    at: StageContext,
    *,
    platform: str,
    provider: str | None,
    finder: str = "",
    depth: str = "",
    option: str = "",
) -> Capability[PagesT, RowsT]:
    """The capability that serves one creator: the first of `affordable_capabilities`.

    Raises:
        NoCapabilityError: No provider with a budget can do it, or not the one that the brief names.
    """
    ranked = affordable_capabilities(
        kind, at, platform=platform, provider=provider, finder=finder, depth=depth, option=option
    )
    return ranked[0].capability


def affordable_capabilities(
    kind: CapabilityKey[PagesT, RowsT],
    at: StageContext,
    *,
    platform: str,
    provider: str | None,
    depth: str = "",
    option: str = "",
    finder: str = "",
    max_cost: Decimal | None = None,
) -> list[RankedCapability[PagesT, RowsT]]:
    """The providers to ask for one creator, in order, each with the reason.

    Args:
        kind: What is asked for.
        at: Whose brief; only providers with a budget in it count. Its settings say what a credit of each costs.
        platform: Of the creator.
        provider: The one that the brief names; it leaves no other.
        depth: Which variant of the kind.
        option: What only some providers offer; no other provider is asked then.
        finder: The provider that found the creator: asked before others of the same price.
        max_cost: The most that all of them may cost together, in the currency of the stated prices (credits where
            none is stated). The list ends before it is exceeded. Joined requests count as full.

    Raises:
        NoCapabilityError: No provider with a budget can do it, or not the named one, or none at that cost.
    """
    among = None if provider is not None else at.campaign.funded
    ranked = ranked_capabilities(
        kind,
        provider=provider,
        platform=platform,
        depth=depth,
        option=option,
        settings=at.settings,
        among=among,
        preferred=finder,
    )
    if max_cost is None:
        return ranked
    affordable, together = [], Decimal(0)
    for one in ranked:
        if one.cost is None or together + one.cost > max_cost:
            break
        together += one.cost
        affordable.append(one)
    if not affordable:
        first = ranked[0]
        costs = "an amount that nobody has stated" if first.cost is None else f"at least {first.cost.normalize():f}"
        raise NoCapabilityError(
            f"`{kind}` on {platform} costs {costs} for each creator ({first.capability.provider}), "
            f"and the brief allows {max_cost.normalize():f}. Raise max_cost_each in the brief, or leave it out."
        )
    return affordable


def candidates_in_order(
    kind: CapabilityKey[CreatorPages, RowsT],
    at: StageContext,
    wish: Profiles | Audiences,
    shortlist: pl.DataFrame,
    top: int,
) -> list[ProviderCandidates[RowsT]]:
    """The best `top` creators in the order of places, each with the providers to ask.

    Args:
        kind: What is asked for: profiles or audience reports.
        at: Whose brief and prices.
        wish: The brief's section.
        shortlist: Rows of ``schemas.Shortlist``.
        top: How many creators at most.

    Raises:
        NoCapabilityError: No provider with a budget serves a platform of the shortlist.
    """
    known = known_ids(at.campaign, shortlist)
    return [
        ProviderCandidates(
            account=(platform, username),
            candidates=candidates_for(kind, at, wish, platform, username, finder, known.get((platform, username))),
        )
        for platform, username, finder in best_of(shortlist, top)
    ]


def candidates_for(
    kind: CapabilityKey[CreatorPages, RowsT],
    at: StageContext,
    wish: Profiles | Audiences,
    platform: str,
    username: str,
    finder: str,
    ids: AccountIds | None = None,
) -> tuple[Candidate[RowsT], ...]:
    """The providers to ask for one profile or report, in order; by an id of the account where one is known."""
    depth = wish.depth if isinstance(wish, Profiles) else ""
    ranked = affordable_capabilities(
        kind,
        at,
        platform=platform,
        provider=wish.provider,
        depth=depth,
        option=_option_on(kind, at, wish, platform, depth),
        finder=finder,
        max_cost=wish.max_cost_each,
    )
    found = []
    for one in ranked:
        can = one.capability
        own = at.settings[can.provider]
        # A report can cost twenty times a profile: where its provider says for free if it is there, it is asked.
        ready = (
            None
            if isinstance(wish, Profiles)
            else capability_or_none(CapabilityKind.READINESS, provider=can.provider, platform=platform)
        )
        question = None
        if ready is not None:
            question = ProviderRequest(capability=ready, pages=_by_id(ready, ready.pages(own, platform, username), ids))
        pages = _by_id(can, can.pages(own, platform, username), ids)
        found.append(Candidate(capability=can, pages=pages, reason=one.reason, question=question))
    return tuple(found)


def known_ids(campaign: Campaign, shortlist: pl.DataFrame) -> dict[Account, AccountIds]:
    """The ids of the accounts of a shortlist: those that the brief states, else those of the search that found them.

    Profiles of earlier weeks are no source: whoever has the handle now may be somebody else.
    """
    found = {
        (platform, username): AccountIds(
            native_id=native_id or None, provider_ids={provider: provider_id} if provider_id else {}
        )
        for platform, username, native_id, provider, provider_id in shortlist.select(
            "platform", "username", "native_id", "provider", "provider_id"
        ).iter_rows()
        if native_id or provider_id
    }
    stated = {
        (one.platform, one.handle): AccountIds(native_id=one.native_id) for one in campaign.roster if one.native_id
    }
    return found | stated


def _by_id(can: Capability[CreatorPages, object], pages: PagedRequest, ids: AccountIds | None) -> PagedRequest:
    return pages if ids is None or can.by_id is None else can.by_id(pages, ids)


def _option_on(
    kind: CapabilityKey[CreatorPages, RowsT], at: StageContext, wish: Profiles | Audiences, platform: str, depth: str
) -> str:
    """The option of the brief's profiles, where one of the providers to ask offers it on this platform.

    Where one of them does, nobody else is asked. A report follows, because the profile may be the same request.
    """
    profiles = at.campaign.profiles
    option = profiles.option if profiles is not None else ""
    among = set(at.campaign.funded) if wish.provider is None else {wish.provider}
    try:
        offered = capabilities_for(kind, platform=platform, depth=depth, option=option)
    except NoCapabilityError:
        return ""
    return option if any(one.provider in among for one in offered) else ""


def first_requests(ranked: Iterable[ProviderCandidates[object]]) -> dict[Account, PagedRequest]:
    """What the first candidate is asked, by account."""
    return {one.account: one.first.pages for one in ranked}


def best_of(shortlist: pl.DataFrame, top: int) -> list[tuple[str, str, str]]:
    """Platform, handle and finder of the best `top` of a shortlist (``schemas.Shortlist``), in the order of places."""
    best = shortlist.filter("selected").sort("place").head(top)
    return list(best.select("platform", "username", "provider").iter_rows())


def profile_candidates(at: StageContext) -> list[ProviderCandidates[AnswerRows]] | None:
    """The creators of the shortlist in the order of places, with the providers to ask for the profile of each.

    None where a plan cannot know the shortlist yet; empty where the brief asks for no profiles.

    Raises:
        NoCapabilityError: No provider with a budget has profiles of a platform of the shortlist.
    """
    wish, shortlist = at.campaign.profiles, at.shortlist
    if shortlist is None:
        return None
    return candidates_in_order(CapabilityKind.PROFILE, at, wish, shortlist, shortlist.height) if wish else []
