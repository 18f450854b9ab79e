"""The paid client: brings the answers to requests, from the archive where it has them and from providers where not.

For each missing answer: its worst case must fit every budget. Then the request is admitted, rate-limited and sent, and
the answer is archived with its charge in one transaction, before anything parses it. What is requested, and what
happens to the answers, is the caller's business. ``preconditions`` says what must hold before the first request,
``fetch_workers`` runs the requests in threads, ``purchase`` buys one, and ``ledger`` keeps the books.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain

from creator_assets.campaigns import Thresholds
from creator_assets.ledger.ledger import Ledger
from creator_assets.providers.contract.operations import Answer, AnswerKind, PagedRequest, Request
from creator_assets.spending.accounts import Account, all_budgets, scopes
from creator_assets.spending.archive_coverage import (
    Coverage,
    coverage_of,
    extend_coverage,
    joined,
    missing_by_provider,
    missing_requests,
)
from creator_assets.spending.failures import NOT_ASKED, PaidCallError, RequestBusyError
from creator_assets.spending.fetch import FetchContext, FetchResult, FetchStats
from creator_assets.spending.fetch_workers import FetchWorkers
from creator_assets.spending.orders import PurchaseOrder
from creator_assets.spending.pending_answers import note_pending
from creator_assets.spending.preconditions import (
    RunRefusals,
    affordable_count,
    require_account,
    require_approval,
    require_price,
    require_room,
    require_time,
)
from creator_assets.spending.purchase import Purchaser
from creator_assets.spending.transport import Transport

MAX_ROUNDS = 5


class PaidClient:
    """The client of all providers, for one realm and its accounts. Safe to use from several threads; close it.

    Args:
        ledger: Archives answers and books credits.
        accounts: The accounts by provider.
        campaign_budgets: What each campaign may spend, in microcredits by provider. A campaign without an entry may
            spend nothing.
        thresholds: For each campaign, the shares of its budgets from which it notifies or suspends.
        transport: Makes the transport of an account; for tests.
        jitter: A random number from 0 to 1, for the pauses between retries.
        sleep: Waits, for tests. Left out, a pause ends early when the fetch is given up.
    """

    def __init__(
        self,
        ledger: Ledger,
        accounts: Mapping[str, Account],
        campaign_budgets: Mapping[str, Mapping[str, int]],
        *,
        thresholds: Mapping[str, Thresholds] | None = None,
        transport: Callable[[Account], Transport] | None = None,
        jitter: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.ledger = ledger
        self.accounts = dict(accounts)
        self._make_transport = transport or _transport
        self._purchaser = Purchaser(ledger, jitter=jitter, sleep=sleep)
        self._transports: dict[str, Transport] = {}
        self._lock = threading.Lock()
        self._refusals = RunRefusals()
        ledger.state_budgets(all_budgets(self.accounts, campaign_budgets, thresholds or {}))

    def fetch(self, requests: Sequence[PagedRequest], fetch_context: FetchContext) -> FetchResult:
        """Bring the answers to all `requests`: from the archive where it has them, from the providers where not.

        Nothing is sent unless the worst case of all missing requests fits every budget. A failure of one request
        leaves the others to be sent; any other failure stops the fetch. Every answer is archived either way, so the
        next fetch buys only the rest. A pending answer becomes a job of the spender's asset and partition.

        Raises:
            MissingKeyError: A provider that has to be asked has no usable key; nothing was sent.
            PriceUnknownError: The price list has no price for a missing request; nothing was sent.
            NeverObservedError: The window is over and the archive lacks an answer; nothing was sent.
            PlanExceededError: The fetch goes beyond the plan that the run is tied to; nothing was sent.
            BudgetRefusedError: The worst case does not fit; nothing was sent.
            PaidCallError: Requests brought no answer; the subclass says what would help.
        """
        coverages = coverage_of(self.ledger, requests, fetch_context.window, fetch_context.older_spellings)
        missing = [coverage for coverage in coverages if coverage.next_request is not None]
        fetch_stats = FetchStats(archive_hits=sum(len(coverage.answers) for coverage in coverages))
        with self._noting_pending(coverages, fetch_context):
            if missing:
                self._buy_missing(missing, len(coverages), fetch_context, fetch_stats, {})
        answers = tuple(tuple(coverage.answers) for coverage in coverages)
        fetch_stats.unreadable = _unreadable(answers)
        return FetchResult(answers=answers, fetch_stats=fetch_stats)

    def fetch_affordable(
        self,
        requests: Sequence[PagedRequest],
        fetch_context: FetchContext,
        budget_reserve: Callable[[], Mapping[str, int]],
    ) -> FetchResult:
        """As `fetch`, but skip what cannot be paid; of each provider the first requests that fit are made.

        A request is skipped for lack of credits, for a suspended provider, for an unknown price, and where the window
        is over. That is no failure.

        Args:
            requests: The most important first.
            fetch_context: Who spends, and for which time.
            budget_reserve: What later stages need of each budget, in microcredits; called only before a purchase.

        Raises:
            PaidCallError: Requests brought no answer, for another reason.
        """
        coverages = coverage_of(self.ledger, requests, fetch_context.window, fetch_context.older_spellings)
        fetch_stats = FetchStats(archive_hits=sum(len(coverage.answers) for coverage in coverages))
        refused: dict[str, PaidCallError] = {}
        with self._noting_pending(coverages, fetch_context):
            for provider, missing in missing_by_provider(coverages).items():
                try:
                    require_time(self.ledger.now(), len(missing), len(coverages), fetch_context)
                    is_free = all(one.next_request and one.next_request.operation.is_free for one in missing)
                    reserve = {} if is_free else budget_reserve()
                    balances, key_of = self.ledger.balances(), self.ledger.key_of
                    count, refusal = affordable_count(balances, missing, key_of, fetch_context, reserve)
                    refused |= {provider: refusal} if refusal else {}
                    if count:
                        self._buy_missing(missing[:count], len(coverages), fetch_context, fetch_stats, reserve)
                except NOT_ASKED as error:
                    refused[provider] = error
        answers = tuple(tuple(coverage.answers) if coverage.next_request is None else () for coverage in coverages)
        fetch_stats.unreadable = _unreadable(answers)
        return FetchResult(answers=answers, fetch_stats=fetch_stats, refused=refused)

    def close(self) -> None:
        """Close the connections to the providers and to the ledger."""
        for transport in self._transports.values():
            transport.close()
        self.ledger.close()

    @contextmanager
    def _noting_pending(self, coverages: Sequence[Coverage], fetch_context: FetchContext) -> Iterator[None]:
        """Note every pending answer of a fetch, also where the fetch fails half-way: those answers are archived.

        A paged request of which the archive lacks a page counts as incomplete, for the asset gets none of its answers.
        """
        has_failed = True
        try:
            yield
            has_failed = False
        finally:
            incomplete = [one for one in coverages if has_failed or one.next_request is not None]
            complete = [] if has_failed else [one for one in coverages if one.next_request is None]
            for covered, is_complete in ((incomplete, False), (complete, True)):
                answers = chain.from_iterable(one.answers for one in covered)
                note_pending(self.ledger, answers, fetch_context.spender, is_complete=is_complete)

    def _buy_missing(
        self,
        coverages: Sequence[Coverage],
        requests: int,
        fetch_context: FetchContext,
        fetch_stats: FetchStats,
        budget_reserve: Mapping[str, int],
    ) -> None:
        """Check all preconditions, then buy what is missing of `requests` paged requests."""
        require_time(self.ledger.now(), len(coverages), requests, fetch_context)
        missing = list(missing_requests(coverages, self.ledger.key_of, {}))
        for one in missing:
            require_account(self.accounts, one.next_request)
            require_price(one.next_request, fetch_context)
            self._refusals.check(fetch_context.spender.run_id, one.next_request)
        require_approval(self.ledger.realm, missing, fetch_context)
        require_room(self.ledger.balances(), missing, fetch_context, budget_reserve)
        self._buy_until_complete(coverages, fetch_context, fetch_stats)

    def _buy_until_complete(
        self, coverages: Sequence[Coverage], fetch_context: FetchContext, fetch_stats: FetchStats
    ) -> None:
        """Buy what is missing. Where another process has bought a part of a joined request, join the rest anew."""
        workers = FetchWorkers(self.accounts, self._buy, self._refusals, fetch_context, fetch_stats)
        for _ in range(MAX_ROUNDS):
            workers.buy_all(joined(coverages, self.ledger.key_of))
            overtaken = [coverage for coverage in coverages if coverage.next_request is not None]
            extend_coverage(self.ledger, overtaken, fetch_context.window, fetch_context.older_spellings)
            coverages = [coverage for coverage in overtaken if coverage.next_request is not None]
            fetch_stats.archive_hits += len(overtaken) - len(coverages)
            if not coverages:
                return
        raise RequestBusyError(
            fetch_context.attempted, "other processes keep sending parts of the same request", "Run it again later."
        )

    def _buy(
        self, request: Request, fetch_context: FetchContext, stop: threading.Event, *, tolerate_rejection: bool
    ) -> Answer:
        account = require_account(self.accounts, request)
        require_price(request, fetch_context)
        order = PurchaseOrder(
            request=request,
            budget_scopes=scopes(request, fetch_context.spender.campaign),
            rates=account.settings.rates_of(request.operation),
            spender=fetch_context.spender,
            window=fetch_context.window,
            key_variable=account.key_variable,
            tolerate_rejection=tolerate_rejection,
        )
        return self._purchaser.buy(order, self._transport(account), stop)

    def _transport(self, account: Account) -> Transport:
        with self._lock:
            transport = self._transports.get(account.provider)
            if transport is None:
                transport = self._transports[account.provider] = self._make_transport(account)
            return transport


def _transport(account: Account) -> Transport:
    return Transport(account.base_url, account.key, in_flight=account.in_flight)


def _unreadable(answers: Iterable[Sequence[Answer]]) -> int:
    return sum(answer.kind is AnswerKind.UNREADABLE for some in answers for answer in some)
