"""The threads of one fetch: which requests are sent at once, which failures stop the others, and which one is raised.

How one request is bought is handed in. What must hold before the first one is in ``preconditions``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Protocol

from creator_assets.providers.contract.operations import Answer, AnswerKind, Request
from creator_assets.spending.accounts import Account
from creator_assets.spending.archive_coverage import Coverage, JoinedRequest
from creator_assets.spending.failures import (
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
from creator_assets.spending.fetch import FetchContext, FetchStats
from creator_assets.spending.orders import NotBegunError, OvertakenError, TooManyError
from creator_assets.spending.preconditions import RunRefusals, require_account

# A failure of one request says nothing of the others: these are still sent, and the partition lacks only this answer.
# Several such failures in one fetch do say something.
_OF_ONE_REQUEST = (AnswerDamagedError, FateUnknownError, RequestBusyError, RequestRefusedError)
TOLERATED_FAILURES = 4
INTERRUPT_SECONDS = 0.25
# The provider would answer the next request in the same way: the same run does not send it again.
_OF_ALL_REQUESTS = (CreditsExhaustedError, KeyRefusedError, ProviderUnavailableError)

_Missing = Coverage | JoinedRequest


class Buy(Protocol):
    """Buys one request."""

    def __call__(
        self, request: Request, fetch_context: FetchContext, stop: threading.Event, *, tolerate_rejection: bool
    ) -> Answer:
        """Bring its answer, unless `stop` is set first."""


class FetchWorkers:
    """Buys what a fetch lacks, for each provider as many requests at once as its account allows."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        buy: Buy,
        refusals: RunRefusals,
        fetch_context: FetchContext,
        fetch_stats: FetchStats,
    ) -> None:
        """Count into `fetch_stats`, and note in `refusals` what other partitions of the run would meet as well."""
        self._accounts, self._buy, self._refusals = accounts, buy, refusals
        self._fetch_context, self._fetch_stats = fetch_context, fetch_stats
        self._lock = threading.Lock()

    def buy_all(self, missing: Sequence[_Missing], *, tolerate_rejections: bool = False) -> None:
        """Buy everything in the order given.

        Where the context tolerates rejections, a few rejected requests are sent once more when others have been
        answered. A second rejection is their answer. That of a later page ends its list: its cursor came with an answer
        that stays in the archive, so the same page would be rejected for good.

        Raises:
            PaidCallError: Requests brought no answer.
        """
        stop = threading.Event()
        failures: list[tuple[int, BaseException]] = []

        def work(place: int, one: _Missing) -> None:
            try:
                self._complete(one, stop, tolerate_rejections=tolerate_rejections)
            except (NotBegunError, OvertakenError):
                return
            except TooManyError as rejected:
                # This needs no new check: the rejection was free, and both parts together cost what the whole might.
                for part in one.split(rejected.room) if isinstance(one, JoinedRequest) else ():
                    work(place, part)
            except BaseException as error:  # noqa: BLE001 - raised in the caller's thread below
                with self._lock:
                    failures.append((place, error))
                    if _concerns_others([failure for _, failure in failures]):
                        stop.set()

        self._run_in_threads(missing, work, stop)
        if not failures:
            return
        failures.sort(key=lambda failure: failure[0])
        rejected = _rejected(missing, failures)
        answered = self._fetch_stats.requests + self._fetch_stats.archive_hits
        may_settle = self._fetch_context.tolerate_rejections and not tolerate_rejections
        if may_settle and len(failures) == len(rejected) and _are_facts(missing, rejected, answered):
            self.buy_all(rejected, tolerate_rejections=True)
            self._fetch_stats.refused += sum(one.answers[-1].kind is AnswerKind.EMPTY for one in rejected)
        else:
            self._raise([error for _, error in failures])

    def _complete(self, one: _Missing, stop: threading.Event, *, tolerate_rejections: bool) -> None:
        """Buy one page after another, until nothing is missing."""
        while one.next_request is not None and not stop.is_set():
            is_one = isinstance(one, Coverage)
            answer = self._buy(
                one.next_request, self._fetch_context, stop, tolerate_rejection=tolerate_rejections and is_one
            )
            one.advance(answer)
            with self._lock:
                self._fetch_stats.count(answer)

    def _run_in_threads(
        self, missing: Sequence[_Missing], work: Callable[[int, _Missing], None], stop: threading.Event
    ) -> None:
        with ExitStack() as stack:
            pools: dict[str, ThreadPoolExecutor] = {}
            futures: list[Future[None]] = []
            try:
                for place, one in enumerate(missing):
                    if one.next_request is None:
                        continue
                    account = require_account(self._accounts, one.next_request)
                    pool = pools.get(account.provider)
                    if pool is None:
                        pool = pools[account.provider] = ThreadPoolExecutor(account.in_flight, account.provider)
                        stack.callback(pool.shutdown)
                    futures.append(pool.submit(work, place, one))
                for future in futures:
                    _await(future)
            except BaseException:
                # Interrupted: requests under way are finished and booked, and no other is sent.
                stop.set()
                raise

    def _raise(self, errors: Sequence[BaseException]) -> None:
        """Raise the failure that stopped the fetch, else the first one."""
        for error in errors:
            if isinstance(error, _OF_ALL_REQUESTS):
                self._refusals.note(self._fetch_context.spender.run_id, error)
        chosen = next((error for error in errors if not isinstance(error, _OF_ONE_REQUEST)), errors[0])
        raise chosen.among(len(errors)) if isinstance(chosen, PaidCallError) else chosen


def _rejected(missing: Sequence[_Missing], failures: Sequence[tuple[int, BaseException]]) -> list[Coverage]:
    """The coverages of which a page was rejected."""
    return [
        one
        for place, error in failures
        if isinstance(one := missing[place], Coverage) and isinstance(error, RequestRefusedError)
    ]


def _are_facts(missing: Sequence[_Missing], rejected: Sequence[Coverage], answered: int) -> bool:
    """Whether rejections say something of single requests: fewer creators than answers, no more lists than went on.

    A lone list is one of its own kind.
    """
    lists = sum(bool(one.answers) for one in rejected)
    went_on = sum(isinstance(one, Coverage) and len(one.answers) > 1 for one in missing)
    return (len(rejected) == lists or len(rejected) - lists < answered) and lists <= max(1, went_on)


def _concerns_others(failures: Sequence[BaseException]) -> bool:
    """Whether the requests that have not been sent would probably fail as well."""
    of_one_request = sum(isinstance(failure, _OF_ONE_REQUEST) for failure in failures)
    sent = sum(not isinstance(failure, StillInDoubtError) for failure in failures)
    return of_one_request < len(failures) or sent > TOLERATED_FAILURES


def _await(future: Future[None]) -> None:
    # Wakes up now and then: polars makes signal handlers restart an endless wait, and Ctrl-C would not end it.
    while not future.done():
        with suppress(TimeoutError):
            future.result(timeout=INTERRUPT_SECONDS)
