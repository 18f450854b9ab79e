"""The waterfall: the first provider is asked, and the next one for creators without data there.

The run fetches here, the plan follows the archive here, both in the same rounds. Which provider comes first and which
next belongs to ``provider_choice``; how answers become rows, to the stage that hands in a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic

import msgspec
import polars as pl

from creator_assets.campaigns import Audiences, Profiles
from creator_assets.demand.cost_bounds import counted, possible_requests
from creator_assets.demand.provider_choice import Account, Candidate, ProviderCandidates, candidates_for
from creator_assets.demand.stage import RequestBound, StageContext
from creator_assets.ledger.records import Window
from creator_assets.providers.contract.capability import CapabilityKey, RowsT, RowsT_co
from creator_assets.providers.contract.capability_protocols import CreatorPages
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.archive_coverage import Coverage
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.fetch import FetchResult, FetchStats
from creator_assets.spending.planning.plan import AssetDemand

# The provider has nothing of this creator: another one may. What is being made, or cannot be read, is no miss.
_MISSES = ("not_found", "unknown", "unavailable")

Fetch = Callable[[list[PagedRequest]], FetchResult]
CoverageOf = Callable[[Sequence[PagedRequest], Window], list[Coverage]]
Reader = Callable[[Sequence[Candidate[RowsT]], Sequence[Sequence[Answer]]], list[Parsed]]
"""Makes rows of the answers of some candidates; their ``state`` says of which creator a provider has nothing."""


def missed(parsed: Iterable[Parsed]) -> set[Account]:
    """The accounts of which an answer says that there is nothing."""
    return {
        account
        for one in parsed
        for account in one.rows.filter(pl.col("state").is_in(_MISSES)).select("platform", "username").iter_rows()
    }


def next_round(
    asked: Iterable[ProviderCandidates[RowsT]], misses: Collection[Account]
) -> list[ProviderCandidates[RowsT]]:
    """The creators that were missed and have another candidate."""
    return [one.after_a_miss for one in asked if one.account in misses and len(one.candidates) > 1]


class CandidateResponse(msgspec.Struct, Generic[RowsT_co], frozen=True, kw_only=True):
    """What one candidate answered about an account."""

    account: Account
    candidate: Candidate[RowsT_co]
    answers: Sequence[Answer]

    def __repr__(self) -> str:
        """Name the provider, never the account."""
        return f"CandidateResponse({self.candidate.capability.provider})"


class WaterfallResult(msgspec.Struct, Generic[RowsT_co], frozen=True, kw_only=True):
    """The rows, one for each creator at most; the last response about each; and what they cost.

    ``truncated`` says by provider for how many creators it was left out after a miss, and why.
    """

    parsed: list[Parsed]
    responses: Sequence[CandidateResponse[RowsT_co]]
    fetch_stats: FetchStats
    truncated: Mapping[str, tuple[int, PaidCallError]]

    @property
    def warnings(self) -> list[str]:
        """One sentence where a provider was left out after a miss."""
        return [f"Some misses were not asked elsewhere: {self._reasons}"] if self.truncated else []

    @property
    def metadata(self) -> dict[str, Any]:
        """What the materialization says of misses for which not every candidate was asked."""
        return {
            "waterfall_skipped": {provider: count for provider, (count, _) in self.truncated.items()},
            "waterfall_truncated": self._reasons,
        }

    @property
    def _reasons(self) -> str:
        return " ".join(
            f"{provider} was left out for {count} of them: {error.happened}. {error.next_step}"
            for provider, (count, error) in sorted(self.truncated.items())
        )


def buy_in_waterfall(
    ranked: Sequence[ProviderCandidates[RowsT]],
    fetch: Fetch,
    fetch_further: Fetch,
    read: Reader[RowsT],
    *,
    in_batches: Sequence[ProviderCandidates[RowsT]] = (),
    of_batches: Sequence[Parsed] = (),
) -> WaterfallResult[RowsT]:
    """Ask until the data is there or no candidate is left; the row comes from the last one asked.

    Args:
        ranked: Every creator that is asked for, with its candidates.
        fetch: Brings what the first candidates are asked, all of it or nothing.
        fetch_further: Brings what misses lead to, as far as that may be paid.
        read: Makes rows of answers.
        in_batches: Creators whose first candidate is asked in a batch.
        of_batches: The rows that batches have for them so far.
    """
    fetch_stats = FetchStats()
    truncated: dict[str, tuple[int, PaidCallError]] = {}
    responses = _ask(ranked, fetch, fetch_stats, {})
    rows = [*_read(responses, read), *of_batches]
    because = {one.account: one.reason for one in (*ranked, *in_batches)}
    last = {one.account: one for one in responses}
    asking = next_round([*ranked, *in_batches], missed(rows))
    while asking:
        refused: dict[str, PaidCallError] = {}
        responses = _ask(asking, fetch_further, fetch_stats, refused)
        further = _read(responses, read)
        answered = {one.account: one for one in responses}
        last |= answered
        rows = [*without(rows, answered), *further]
        for one in asking:
            if one.account in answered:
                because[one.account] = one.reason
            else:
                provider = one.first.capability.provider
                because[one.account] += f"; {provider} was left out"
                truncated[provider] = (truncated[provider][0] + 1 if provider in truncated else 1, refused[provider])
        passed_over = [one for one in asking if one.account not in answered and len(one.candidates) > 1]
        asking = [*next_round(asking, missed(further)), *(one.without_paying for one in passed_over)]
    return WaterfallResult(
        parsed=with_reasons(rows, because),
        responses=list(last.values()),
        fetch_stats=fetch_stats,
        truncated=truncated,
    )


def _ask(
    asking: Sequence[ProviderCandidates[RowsT]],
    fetch: Fetch,
    fetch_stats: FetchStats,
    refused: dict[str, PaidCallError],
) -> list[CandidateResponse[RowsT]]:
    """The answers of the first candidates: to the paid request where the data is there, to the free question else.

    Nothing for creators whose candidate is left out; the reason is added to `refused`, by provider.
    """
    candidates = [one.first for one in asking]
    asked = fetch([one.question.pages for one in candidates if one.question])
    replies = iter(asked.answers)
    to_questions = [next(replies) if one.question else () for one in candidates]
    there = [one.is_there(answers) for one, answers in zip(candidates, to_questions, strict=True)]
    bought = fetch([one.pages for one, is_there in zip(candidates, there, strict=True) if is_there])
    for fetched in (asked, bought):
        fetch_stats.add(fetched.fetch_stats)
        refused.update(fetched.refused)
    paid_answers = iter(bought.answers)
    best = [next(paid_answers) if is_there else free for is_there, free in zip(there, to_questions, strict=True)]
    return [
        CandidateResponse(account=one.account, candidate=one.first, answers=answers)
        for one, answers in zip(asking, best, strict=True)
        if answers
    ]


def _read(responses: Sequence[CandidateResponse[RowsT]], read: Reader[RowsT]) -> list[Parsed]:
    return read([one.candidate for one in responses], [one.answers for one in responses])


def with_reasons(parsed: Iterable[Parsed], because: Mapping[Account, str]) -> list[Parsed]:
    """The same rows, each with why its provider was asked and which ones were left out after it."""
    reasons = pl.DataFrame(
        [(*account, reason) for account, reason in because.items()],
        schema=dict.fromkeys(("platform", "username", "chosen_because"), pl.String),
        orient="row",
    )
    return [
        one.with_rows(
            one.rows.drop("chosen_because").join(
                reasons, on=["platform", "username"], how="left", maintain_order="left"
            )
        )
        for one in parsed
    ]


def without(parsed: Iterable[Parsed], accounts: Collection[Account]) -> list[Parsed]:
    """The same rows without those of some accounts."""
    return [
        one.with_rows(
            one.rows.filter(
                [account not in accounts for account in one.rows.select("platform", "username").iter_rows()]
            )
        )
        for one in parsed
    ]


class DemandForecast(msgspec.Struct, frozen=True, kw_only=True):
    """What will be asked: what is certain, and what may follow. What misses lead to stands apart, as ``further``."""

    known: list[PagedRequest]
    possible: list[RequestBound]
    known_further: list[PagedRequest]
    possible_further: list[RequestBound]

    def demands(self, at: StageContext, asset: str, window: Window) -> Iterator[AssetDemand]:
        """The same as demands of an asset."""
        yield at.demand(asset, self.known, at_most=self.possible, window=window)
        if self.known_further or self.possible_further:
            yield at.demand(asset, self.known_further, at_most=self.possible_further, window=window, is_waterfall=True)


def forecast(
    at: StageContext,
    ranked: Sequence[ProviderCandidates[RowsT]],
    window: Window,
    read: Reader[RowsT],
    elsewhere: Collection[Account] = (),
    coverage_of: CoverageOf | None = None,
) -> DemandForecast:
    """Follow the rounds of `buy_in_waterfall` as far as the archive knows what is there and what is missed.

    Args:
        at: Whose archive.
        ranked: Every creator that is asked for, with its candidates.
        window: In which an answer counts.
        read: As for `buy_in_waterfall`.
        elsewhere: Accounts whose first candidate is asked in a batch: only what a miss there leads to is said.
        coverage_of: How far requests are answered; by default by the archive alone.
    """
    coverage = coverage_of or at.coverage
    rounds: list[tuple[list[PagedRequest], list[Request]]] = []
    further = [request for one in ranked if one.account in elsewhere for request in _all_requests(one.candidates[1:])]
    asking = [one for one in ranked if one.account not in elsewhere]
    while asking:
        answered: list[tuple[ProviderCandidates[RowsT], list[Answer]]] = []
        possible: list[Request] = []
        there = [one for one in asking if one.first.question is None]
        questions = [(one, one.first.question.pages) for one in asking if one.first.question]
        asked_for_free = coverage([pages for _, pages in questions], window)
        for (one, _), covered in zip(questions, asked_for_free, strict=True):
            if covered.next_request is not None:
                possible += _all_requests(one.candidates[:1])
                further += _all_requests(one.candidates[1:])
            elif one.first.is_there(covered.answers):
                there.append(one)
            else:
                answered.append((one, covered.answers))
        pages = [one.first.pages for one in there]
        for one, covered in zip(there, coverage(pages, window), strict=True):
            if covered.next_request is not None:
                further += _all_requests(one.candidates[1:])
            else:
                answered.append((one, covered.answers))
        rounds.append(([*(pages for _, pages in questions), *pages], possible))
        # Nothing follows an answer of the last candidate, so it need not be read.
        answered = [(one, answers) for one, answers in answered if len(one.candidates) > 1]
        rows = read([one.first for one, _ in answered], [answers for _, answers in answered])
        asking = next_round([one for one, _ in answered], missed(rows))
    known, possible = rounds[0] if rounds else ([], [])
    return DemandForecast(
        known=known,
        possible=counted(possible),
        known_further=[one for pages, _ in rounds[1:] for one in pages],
        possible_further=counted([*further, *(request for _, requests in rounds[1:] for request in requests)]),
    )


def bounded_forecast(
    kind: CapabilityKey[CreatorPages, RowsT], at: StageContext, wish: Profiles | Audiences, at_most: int
) -> DemandForecast:
    """What can be asked before the creators are known. Operations of later candidates are asked only after misses."""

    def first(platform: str, finder: str) -> list[Request]:
        return [candidates_for(kind, at, wish, platform, "", finder)[0].pages.first]

    def further(platform: str, finder: str) -> list[Request]:
        return [one.pages.first for one in candidates_for(kind, at, wish, platform, "", finder)[1:]]

    certain = possible_requests(at.campaign, first, at_most)
    asked_first = {request.operation.id for request, _ in certain}
    return DemandForecast(
        known=[],
        possible=certain,
        known_further=[],
        possible_further=[
            one for one in possible_requests(at.campaign, further, at_most) if one[0].operation.id not in asked_first
        ],
    )


def _all_requests(candidates: Sequence[Candidate[object]]) -> list[Request]:
    """All requests of some candidates, an example for each."""
    return [one.pages.first for one in candidates for _ in range(one.pages.max_requests)]
