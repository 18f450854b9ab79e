"""Profiles and audience reports from whoever has them: the first choice is asked, the next for what it has nothing of.

Functions over answers; the asset hands in how to fetch and how to read, the plan how far the archive leads. Whom
to ask and in which order is said in ``choosing``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Generic

import msgspec
import polars as pl

from creator_assets.demand.provider_choice import Account, Candidate, ProviderCandidates
from creator_assets.demand.requests import by_reader, rows_of
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Window
from creator_assets.providers.contract.capability import RowsT, RowsT_co
from creator_assets.providers.contract.capability_protocols import AnswerRows, ReportRows
from creator_assets.providers.contract.operations import Answer, PagedRequest, Request
from creator_assets.providers.contract.parsed import Parsed
from creator_assets.spending.archive_coverage import coverage_of
from creator_assets.spending.failures import PaidCallError
from creator_assets.spending.fetch import FetchResult, FetchStats

ANSWERS_AT_A_TIME = 500
# A report has hundreds of segments: making thousands at once would take several times the memory of their rows.
REPORTS_AT_A_TIME = 200
# The provider has nothing of this creator: another one may. What is being made, or cannot be read, is no miss.
_MISSES = ("not_found", "unknown", "unavailable")


Fetch = Callable[[list[PagedRequest]], FetchResult]
Reader = Callable[[Sequence[Candidate[RowsT]], Sequence[Sequence[Answer]]], list[Parsed]]
"""Makes rows of what some options have answered; their ``state`` tells who has nothing."""


def profile_rows(options: Sequence[Candidate[AnswerRows]], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """The rows of profiles."""
    return rows_of(options, answers, at_a_time=ANSWERS_AT_A_TIME)


def report_rows(options: Sequence[Candidate[ReportRows]], answers: Sequence[Sequence[Answer]]) -> list[Parsed]:
    """The rows of audience reports, without their shares."""
    return [rows(some).reports for rows, some in by_reader(options, answers, at_a_time=REPORTS_AT_A_TIME)]


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
    """Those who missed and for whom somebody else is left to ask."""
    return [one.after_a_miss for one in asked if one.account in misses and len(one.options) > 1]


class CandidateResponse(msgspec.Struct, Generic[RowsT_co], frozen=True, kw_only=True):
    """What was answered of an account, and by whom."""

    account: Account
    option: Candidate[RowsT_co]
    answers: Sequence[Answer]

    def __repr__(self) -> str:
        """Name the provider, never the account."""
        return f"Told({self.option.capability.provider})"


class WaterfallResult(msgspec.Struct, Generic[RowsT_co], frozen=True, kw_only=True):
    """The rows, one for each creator at most, what was last told of each, and what they came to.

    ``cut_short`` says by provider for how many creators it was left out after a miss, and why.
    """

    parsed: list[Parsed]
    told: Sequence[CandidateResponse[RowsT_co]]
    fetch_stats: FetchStats
    cut_short: Mapping[str, tuple[int, PaidCallError]]


def buy_in_waterfall(
    ranked: Sequence[ProviderCandidates[RowsT]],
    fetch: Fetch,
    fetch_further: Fetch,
    read: Reader[RowsT],
    *,
    in_batches: Sequence[ProviderCandidates[RowsT]] = (),
    of_batches: Sequence[Parsed] = (),
) -> WaterfallResult[RowsT]:
    """Ask until it is there or nobody is left to ask; of those who were asked for a creator the last has the row.

    Args:
        ranked: Everybody of whom it is wanted.
        fetch: Brings what the first choices are asked, all of it or nothing.
        fetch_further: Brings what misses lead to, as far as that may be paid.
        read: Makes rows of answers.
        in_batches: Those whose first choice is asked in a batch.
        of_batches: The rows that batches have for them so far.
    """
    fetch_stats = FetchStats()
    cut_short: dict[str, tuple[int, PaidCallError]] = {}
    told = _ask(ranked, fetch, fetch_stats, {})
    rows = [*_read(told, read), *of_batches]
    because = {one.account: one.reason for one in (*ranked, *in_batches)}
    last_told = {one.account: one for one in told}
    asking = next_round([*ranked, *in_batches], missed(rows))
    while asking:
        refused: dict[str, PaidCallError] = {}
        told = _ask(asking, fetch_further, fetch_stats, refused)
        further = _read(told, read)
        answered = {one.account: one for one in told}
        last_told |= answered
        rows = [*without(rows, answered), *further]
        for one in asking:
            if one.account in answered:
                because[one.account] = one.reason
            else:
                provider = one.options[0].capability.provider
                because[one.account] += f"; {provider} was left out"
                cut_short[provider] = (cut_short[provider][0] + 1 if provider in cut_short else 1, refused[provider])
        passed_over = [one for one in asking if one.account not in answered and len(one.options) > 1]
        asking = [*next_round(asking, missed(further)), *(one.without_paying for one in passed_over)]
    return WaterfallResult(
        parsed=with_reasons(rows, because), told=list(last_told.values()), fetch_stats=fetch_stats, cut_short=cut_short
    )


def _ask(
    asking: Sequence[ProviderCandidates[RowsT]],
    fetch: Fetch,
    fetch_stats: FetchStats,
    refused: dict[str, PaidCallError],
) -> list[CandidateResponse[RowsT]]:
    """The answers that tell most of each: to its own call where it is worth asking, to the free question where not.

    Nothing for those who are left out; why is added to `refused`, by provider.
    """
    options = [one.options[0] for one in asking]
    asked = fetch([option.question.pages for option in options if option.question])
    replies = iter(asked.answers)
    said = [next(replies) if option.question else () for option in options]
    there = [option.is_there(of_one) for option, of_one in zip(options, said, strict=True)]
    bought = fetch([option.pages for option, is_there in zip(options, there, strict=True) if is_there])
    for fetched in (asked, bought):
        fetch_stats.add(fetched.fetch_stats)
        refused.update(fetched.refused)
    answers = iter(bought.answers)
    telling = [next(answers) if is_there else of_one for is_there, of_one in zip(there, said, strict=True)]
    return [
        CandidateResponse(account=one.account, option=one.options[0], answers=of_one)
        for one, of_one in zip(asking, telling, strict=True)
        if of_one
    ]


def _read(told: Sequence[CandidateResponse[RowsT]], read: Reader[RowsT]) -> list[Parsed]:
    return read([one.option for one in told], [one.answers for one in told])


def with_reasons(parsed: Iterable[Parsed], because: Mapping[Account, str]) -> list[Parsed]:
    """The same rows, each saying why its provider was asked, and who was left out after it."""
    reasons = pl.DataFrame(
        [(*account, reason) for account, reason in because.items()],
        schema=dict.fromkeys(("platform", "username", "chosen_because"), pl.String),
        orient="row",
    )
    return [
        Parsed(
            rows=one.rows.drop("chosen_because").join(
                reasons, on=["platform", "username"], how="left", maintain_order="left"
            ),
            rejected=one.rejected,
        )
        for one in parsed
    ]


def without(parsed: Iterable[Parsed], accounts: Collection[Account]) -> list[Parsed]:
    """The same rows but for those of some accounts."""
    return [
        Parsed(
            rows=one.rows.filter(
                [account not in accounts for account in one.rows.select("platform", "username").iter_rows()]
            ),
            rejected=one.rejected,
        )
        for one in parsed
    ]


class DemandForecast(msgspec.Struct, frozen=True, kw_only=True):
    """What will be asked: what is certain, and the calls that may follow, with how many there can be.

    What misses lead to stands apart.
    """

    known: list[PagedRequest]
    possible: list[tuple[Request, int]]
    known_further: list[PagedRequest]
    possible_further: list[tuple[Request, int]]


def forecast(
    ranked: Sequence[ProviderCandidates[RowsT]],
    ledger: Ledger,
    window: Window,
    read: Reader[RowsT],
    elsewhere: Collection[Account] = (),
) -> DemandForecast:
    """Follow what would be bought as far as the archive tells what is there and who misses.

    Args:
        ranked: Everybody of whom it is wanted.
        ledger: Whose archive is read.
        window: The partition's.
        read: As for `buy`.
        elsewhere: Those whose first choice is asked in a batch: only what a miss there leads to is told.
    """
    rounds: list[tuple[list[PagedRequest], list[Request]]] = []
    further = [request for one in ranked if one.account in elsewhere for request in _requests_of(one.options[1:])]
    asking = [one for one in ranked if one.account not in elsewhere]
    while asking:
        told: list[tuple[ProviderCandidates[RowsT], list[Answer]]] = []
        possible: list[Request] = []
        there = [one for one in asking if one.options[0].question is None]
        questions = [(one, one.options[0].question.pages) for one in asking if one.options[0].question]
        for (one, _), way in zip(
            questions, coverage_of(ledger, [pages for _, pages in questions], window), strict=True
        ):
            if way.next_request is not None:
                possible += _requests_of(one.options[:1])
                further += _requests_of(one.options[1:])
            elif one.options[0].is_there(way.answers):
                there.append(one)
            else:
                told.append((one, way.answers))
        pages = [one.options[0].pages for one in there]
        for one, way in zip(there, coverage_of(ledger, pages, window), strict=True):
            if way.next_request is not None:
                further += _requests_of(one.options[1:])
            else:
                told.append((one, way.answers))
        rounds.append(([*(pages for _, pages in questions), *pages], possible))
        # Who has nobody else to be asked for need not be read.
        told = [(one, answers) for one, answers in told if len(one.options) > 1]
        rows = read([one.options[0] for one, _ in told], [answers for _, answers in told])
        asking = next_round([one for one, _ in told], missed(rows))
    known, possible = rounds[0] if rounds else ([], [])
    return DemandForecast(
        known=known,
        possible=counted(possible),
        known_further=[one for pages, _ in rounds[1:] for one in pages],
        possible_further=counted([*further, *(request for _, requests in rounds[1:] for request in requests)]),
    )


def _requests_of(options: Sequence[Candidate[object]]) -> list[Request]:
    """All calls of some options, an example for each."""
    return [option.pages.first for option in options for _ in range(option.pages.max_requests)]


def counted(requests: Iterable[Request]) -> list[tuple[Request, int]]:
    """Calls of one operation as one example, the dearest, and their number."""
    examples: dict[str, tuple[Request, int]] = {}
    for request in requests:
        held, count = examples.get(request.operation.id, (request, 0))
        dearer = request if request.worst_case_microcredits > held.worst_case_microcredits else held
        examples[request.operation.id] = (dearer, count + 1)
    return list(examples.values())
