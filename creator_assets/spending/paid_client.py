"""The paid door: every request to a provider passes here, and only here.

For each wanted call: is the answer in the archive? If not, does its worst case fit every budget? Then it is
admitted, paced, sent, and the answer archived with its charge in one transaction, before anything parses it. What is
wanted and what becomes of it is the caller's business; what must hold before the first request, that of
``preconditions``; what one purchase is, that of ``purchase``; how the books are kept, that of ``ledger``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain

from creator_assets.campaigns import Thresholds
from creator_assets.ledger.ledger import Ledger
from creator_assets.providers.contract.operations import Answer, AnswerKind, PagedRequest, Request
from creator_assets.spending.accounts import Account, all_budgets, scopes
from creator_assets.spending.archive_coverage import (
    Coverage,
    JoinedRequest,
    coverage_of,
    extend_coverage,
    joined,
    missing,
    missing_by_provider,
)
from creator_assets.spending.failures import (
    NOT_ASKED,
    AnswerDamagedError,
    CreditsExhaustedError,
    FateUnknownError,
    KeyRefusedError,
    PaidCallError,
    ProviderUnavailableError,
    RequestBusyError,
    RequestRefusedError,
    StillInDoubtError,
)
from creator_assets.spending.fetch import FetchContext, FetchResult, FetchStats
from creator_assets.spending.orders import NotBegunError, OvertakenError, PurchaseOrder, TooManyError
from creator_assets.spending.pending_answers import note_pending
from creator_assets.spending.preconditions import (
    Refusals,
    require_account,
    require_approval,
    require_price,
    require_room,
    require_time,
    room_for,
)
from creator_assets.spending.purchase import Purchaser
from creator_assets.spending.transport import Transport

# What goes wrong with one call and says nothing of the others: these are still asked, for the partition will then lack
# only this one. Several of them in one fetch do say something.
_OF_ONE_CALL = (AnswerDamagedError, FateUnknownError, RequestBusyError, RequestRefusedError)
TOLERATED_FAILURES = 4
MAX_ROUNDS = 5
INTERRUPT_SECONDS = 0.25
# What a provider answers to one request it would answer to the next: not asked again by the same run.
_OF_ALL_CALLS = (CreditsExhaustedError, KeyRefusedError, ProviderUnavailableError)


class PaidClient:
    """The door, for one realm and its accounts. Safe to use from several threads; close it when done.

    Args:
        ledger: Where answers are archived and credits booked.
        accounts: The accounts by provider.
        campaign_budgets: For each campaign what it may spend, in microcredits by provider; what is not in it may get
            nothing.
        thresholds: For each campaign the shares of its budgets from which somebody is told, or nothing more is sent.
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
        self._exchange = Purchaser(ledger, jitter=jitter, sleep=sleep)
        self._transports: dict[str, Transport] = {}
        self._lock = threading.Lock()
        self._refusals = Refusals()
        ledger.set_budgets(all_budgets(self.accounts, campaign_budgets, thresholds or {}))

    def fetch(self, wanted: Sequence[PagedRequest], purpose: FetchContext) -> FetchResult:
        """Bring the answers to all of `wanted`: from the archive where it has them, from the providers where not.

        Nothing is sent unless the worst case of all that is missing fits every budget. A failure that concerns one
        call does not keep the others from being asked; any other one does. What was answered is archived either way,
        so that the next fetch buys only the rest.

        Raises:
            MissingKeyError: A provider that has to be asked has no usable key; nothing was sent.
            PriceUnknownError: The price list has no price for what is missing; nothing was sent.
            NeverObservedError: The window is over and the archive lacks an answer; nothing was sent.
            PlanExceededError: It goes beyond the plan that the run is tied to; nothing was sent.
            BudgetRefusedError: The worst case does not fit; nothing was sent.
            PaidCallError: Calls brought no answer; the subclass tells what would help.
        """
        walks = coverage_of(self.ledger, wanted, purpose.window)
        lacking = [one for one in walks if one.next_request is not None]
        fetch_stats = FetchStats(archive_hits=sum(len(one.answers) for one in walks))
        with self._noting_pending(walks, purpose):
            if lacking:
                self._get(lacking, len(walks), purpose, fetch_stats, {})
        return FetchResult(answers=tuple(tuple(one.answers) for one in walks), fetch_stats=fetch_stats)

    def fetch_affordable(
        self, wanted: Sequence[PagedRequest], purpose: FetchContext, kept: Callable[[], Mapping[str, int]]
    ) -> FetchResult:
        """As `fetch`, but what cannot be paid is not asked, which is no failure: of each provider the first that fit.

        So it is for lack of funds, a freeze, an unknown price, and where the window is over.

        Args:
            wanted: What to ask, what matters most first.
            purpose: For whom and when.
            kept: What each budget has to keep for others, in microcredits; reckoned where something is to be bought.

        Raises:
            PaidCallError: Calls brought no answer, for another reason.
        """
        walks = coverage_of(self.ledger, wanted, purpose.window)
        fetch_stats = FetchStats(archive_hits=sum(len(one.answers) for one in walks))
        refused: dict[str, PaidCallError] = {}
        with self._noting_pending(walks, purpose):
            for provider, lacking in missing_by_provider(walks).items():
                try:
                    require_time(self.ledger.now(), len(lacking), len(walks), purpose)
                    is_free = all(one.next_request and one.next_request.operation.is_free for one in lacking)
                    keep = {} if is_free else kept()
                    so_many, refusal = room_for(self.ledger.balances(), lacking, self.ledger.realm, purpose, keep)
                    refused |= {provider: refusal} if refusal else {}
                    if so_many:
                        self._get(lacking[:so_many], len(walks), purpose, fetch_stats, keep)
                except NOT_ASKED as error:
                    refused[provider] = error
        answers = tuple(tuple(one.answers) if one.next_request is None else () for one in walks)
        return FetchResult(answers=answers, fetch_stats=fetch_stats, refused=refused)

    @contextmanager
    def _noting_pending(self, walks: Sequence[Coverage], purpose: FetchContext) -> Iterator[None]:
        """Note every pending answer of a fetch, also where the fetch fails half-way: those answers are archived."""
        is_complete = False
        try:
            yield
            is_complete = True
        finally:
            answers = chain.from_iterable(one.answers for one in walks)
            note_pending(self.ledger, answers, purpose.spender, is_complete=is_complete)

    def _get(
        self,
        lacking: Sequence[Coverage],
        among: int,
        purpose: FetchContext,
        fetch_stats: FetchStats,
        keep: Mapping[str, int],
    ) -> None:
        """Buy what is missing, once all that must hold before does."""
        require_time(self.ledger.now(), len(lacking), among, purpose)
        to_ask = list(missing(lacking, self.ledger.realm, {}))
        for one in to_ask:
            require_account(self.accounts, one.next_request)
            require_price(one.next_request, purpose)
            self._refusals.check(purpose.spender.run_id, one.next_request)
        require_approval(self.ledger.realm, to_ask, purpose)
        require_room(self.ledger.balances(), to_ask, purpose, keep)
        self._buy_until_complete(lacking, purpose, fetch_stats)

    def close(self) -> None:
        """Close the connections to the providers and to the ledger."""
        for transport in self._transports.values():
            transport.close()
        self.ledger.close()

    def _buy_until_complete(self, lacking: Sequence[Coverage], purpose: FetchContext, fetch_stats: FetchStats) -> None:
        """Buy what is missing; where somebody else has bought a part of a joined call, join what is left anew."""
        for _ in range(MAX_ROUNDS):
            self._buy_all(joined(lacking, self.ledger.realm), purpose, fetch_stats)
            lacking = [one for one in lacking if one.next_request is not None]
            if not lacking:
                return
            extend_coverage(self.ledger, lacking, purpose.window)
            fetch_stats.archive_hits += sum(one.next_request is None for one in lacking)
        raise RequestBusyError(
            purpose.attempted, "other processes keep asking for parts of the same", "Run it again later."
        )

    def _buy_all(
        self,
        lacking: Sequence[Coverage | JoinedRequest],
        purpose: FetchContext,
        fetch_stats: FetchStats,
        *,
        tolerate_rejections: bool = False,
    ) -> None:
        """Work through what is missing in the order in which it was wanted, of each provider some at a time.

        A few that are refused are asked once more when others have been answered: what is refused again is settled.
        """
        stop = threading.Event()
        failures: list[tuple[int, BaseException]] = []

        def work(place: int, one: Coverage | JoinedRequest) -> None:
            try:
                while one.next_request is not None and not stop.is_set():
                    # A page that follows another is refused for its cursor, which says nothing of the creator.
                    is_first = isinstance(one, Coverage) and not one.answers
                    answer = self._buy(
                        one.next_request, purpose, stop, tolerate_rejection=tolerate_rejections and is_first
                    )
                    one.went_on(answer)
                    with self._lock:
                        fetch_stats.count(answer)
            except (NotBegunError, OvertakenError):
                return
            except TooManyError as refused:
                # Nothing more is planned for this: the refusal was free, and the two cost together what it might have.
                for part in one.divided(refused.room) if isinstance(one, JoinedRequest) else ():
                    work(place, part)
            except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread below
                with self._lock:
                    failures.append((place, error))
                    if _concerns_others([failure for _, failure in failures]):
                        stop.set()

        self._work_through(lacking, work, stop)
        if not failures:
            return
        failures.sort(key=lambda failure: failure[0])
        lone = [
            one
            for place, error in failures
            if isinstance(one := lacking[place], Coverage)
            and not one.answers
            and isinstance(error, RequestRefusedError)
        ]
        answered = fetch_stats.requests + fetch_stats.archive_hits
        if purpose.tolerate_rejections and not tolerate_rejections and len(failures) == len(lone) < answered:
            self._buy_all(lone, purpose, fetch_stats, tolerate_rejections=True)
            fetch_stats.refused += sum(one.answers[-1].kind is AnswerKind.EMPTY for one in lone)
        else:
            self._give_up([error for _, error in failures], purpose)

    def _work_through(
        self,
        lacking: Sequence[Coverage | JoinedRequest],
        work: Callable[[int, Coverage | JoinedRequest], None],
        stop: threading.Event,
    ) -> None:
        """Run `work` for each in threads; as many at once for a provider as its account allows."""
        with ExitStack() as stack:
            pools: dict[str, ThreadPoolExecutor] = {}
            futures: list[Future[None]] = []
            try:
                for place, one in enumerate(lacking):
                    if one.next_request is None:
                        continue
                    account = require_account(self.accounts, one.next_request)
                    pool = pools.get(account.provider)
                    if pool is None:
                        pool = pools[account.provider] = ThreadPoolExecutor(account.in_flight, account.provider)
                        stack.callback(pool.shutdown)
                    futures.append(pool.submit(work, place, one))
                for future in futures:
                    _await(future)
            except BaseException:
                # Interrupted: what is under way is finished and booked, nothing more is begun.
                stop.set()
                raise

    def _give_up(self, errors: Sequence[BaseException], purpose: FetchContext) -> None:
        """Raise the failure that stopped the fetch, else the first one; remember what other partitions would meet."""
        for error in errors:
            if isinstance(error, _OF_ALL_CALLS):
                self._refusals.note(purpose.spender.run_id, error)
        chosen = next((error for error in errors if not isinstance(error, _OF_ONE_CALL)), errors[0])
        raise chosen.among(len(errors)) if isinstance(chosen, PaidCallError) else chosen

    def _buy(
        self, request: Request, purpose: FetchContext, stop: threading.Event, *, tolerate_rejection: bool
    ) -> Answer:
        account = require_account(self.accounts, request)
        require_price(request, purpose)
        order = PurchaseOrder(
            request=request,
            budget_scopes=scopes(request, purpose.spender.campaign),
            rates=account.settings.rates_of(request.operation),
            spender=purpose.spender,
            window=purpose.window,
            key_variable=account.key_variable,
            tolerate_rejection=tolerate_rejection,
        )
        return self._exchange.buy(order, self._transport(account), stop)

    def _transport(self, account: Account) -> Transport:
        with self._lock:
            transport = self._transports.get(account.provider)
            if transport is None:
                transport = self._transports[account.provider] = self._make_transport(account)
            return transport


def _concerns_others(failures: Sequence[BaseException]) -> bool:
    """Whether the calls that have not been begun would probably fail as well."""
    of_one_call = sum(isinstance(failure, _OF_ONE_CALL) for failure in failures)
    sent = sum(not isinstance(failure, StillInDoubtError) for failure in failures)
    return of_one_call < len(failures) or sent > TOLERATED_FAILURES


def _await(future: Future[None]) -> None:
    # A look now and then: polars has signal handlers restart a wait without end, which Ctrl-C would not reach.
    while not future.done():
        with suppress(TimeoutError):
            future.result(timeout=INTERRUPT_SECONDS)


def _transport(account: Account) -> Transport:
    return Transport(account.base_url, account.key, in_flight=account.in_flight)
