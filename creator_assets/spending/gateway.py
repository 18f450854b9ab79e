"""The paid door: every request to a provider passes here, and only here.

For each wanted call: is the answer in the archive? If not, does its worst case fit every budget? Then it is
admitted, paced, sent, and the answer archived with its charge in one transaction, before anything parses it. What is
wanted and what becomes of it is the caller's business; what one purchase is, that of ``exchange``; how the books are
kept, that of ``ledger``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta

import msgspec

from creator_assets.campaigns import Thresholds
from creator_assets.microcredits import format_credits
from creator_assets.providers.contract import Answer, Call, Pages
from creator_assets.spending.accounts import Account, all_budgets, scopes
from creator_assets.spending.approval import Approved, needs
from creator_assets.spending.exchange import Exchange, NotBegunError, Order, OvertakenError
from creator_assets.spending.failures import (
    AnswerDamagedError,
    BudgetRefusedError,
    CreditsExhaustedError,
    FateUnknownError,
    KeyRefusedError,
    MissingKeyError,
    NeverObservedError,
    PaidCallError,
    PlanExceededError,
    PriceUnknownError,
    ProviderUnavailableError,
    RequestBusyError,
    RequestRefusedError,
    StillInDoubtError,
    unknown_price,
)
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import Attribution, Window
from creator_assets.spending.transport import Transport
from creator_assets.spending.walks import Joined, Missing, Walk, joined, missing, walk, walk_on

# What goes wrong with one call and says nothing of the others: these are still asked, for the partition will then lack
# only this one. Several of them in one fetch do say something.
_OF_ONE_CALL = (AnswerDamagedError, FateUnknownError, RequestBusyError, RequestRefusedError)
TOLERATED_FAILURES = 4
MAX_ROUNDS = 5
INTERRUPT_SECONDS = 0.25
# What a provider answers to one request it would answer to the next: not asked again by the same run.
_OF_ALL_CALLS = (CreditsExhaustedError, KeyRefusedError, ProviderUnavailableError)


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """For whom and for when something is fetched.

    ``spender`` by name, ``window`` in which an answer counts, and the plan beyond which nothing may be spent, if the
    run is tied to one.
    """

    spender: Attribution
    window: Window
    approved: Approved | None = None

    @property
    def attempted(self) -> str:
        """What is done, for messages."""
        return f"{self.spender.asset} for {self.spender.partition}"


class Tally(msgspec.Struct, kw_only=True):
    """What a fetch came to. ``calls`` were answered by a provider, ``archive_hits`` by the archive."""

    calls: int = 0
    archive_hits: int = 0
    spent_microcredits: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count what another fetch came to as well."""
        self.calls += other.calls
        self.archive_hits += other.archive_hits
        for provider, amount in other.spent_microcredits.items():
            self.spent_microcredits[provider] = self.spent_microcredits.get(provider, 0) + amount

    def count(self, answer: Answer) -> None:
        """Count one answer that was not in the archive when the fetch began."""
        if answer.from_archive:
            self.archive_hits += 1
            return
        self.calls += 1
        provider = answer.call.operation.provider
        self.spent_microcredits[provider] = self.spent_microcredits.get(provider, 0) + answer.charge_microcredits


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, one tuple for each of the wanted pages and in their order, and what they came to."""

    answers: tuple[tuple[Answer, ...], ...]
    tally: Tally


class PaidDoor:
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
        self._exchange = Exchange(ledger, jitter=jitter, sleep=sleep)
        self._transports: dict[str, Transport] = {}
        self._lock = threading.Lock()
        self._refusals = _Refusals()
        ledger.set_budgets(all_budgets(self.accounts, campaign_budgets, thresholds or {}))

    def fetch(self, wanted: Sequence[Pages], purpose: Purpose) -> Fetched:
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
        walks = walk(self.ledger, wanted, purpose.window)
        lacking = [one for one in walks if one.next_call is not None]
        tally = Tally(archive_hits=sum(len(one.answers) for one in walks))
        if lacking:
            if self.ledger.now() >= purpose.window.end:
                raise _never_observed(purpose, len(lacking), len(walks))
            to_ask = list(missing(lacking, self.ledger.realm, {}))
            for one in to_ask:
                self._account(one.next_call)
                _require_price(one.next_call, purpose)
                self._refusals.check(purpose.spender.run_id, one.next_call)
            self._require_approval(to_ask, purpose)
            self._require_room(to_ask, purpose)
            self._buy_until_complete(lacking, purpose, tally)
        return Fetched(answers=tuple(tuple(one.answers) for one in walks), tally=tally)

    def close(self) -> None:
        """Close the connections to the providers and to the ledger."""
        for transport in self._transports.values():
            transport.close()
        self.ledger.close()

    def _require_approval(self, to_ask: Sequence[Missing], purpose: Purpose) -> None:
        """Refuse what goes beyond the plan that the run is tied to, if it is."""
        if purpose.approved is None:
            return
        needed = needs((one.next_call, one.worst_case_microcredits) for one in to_ask)
        spender = purpose.spender
        beyond = purpose.approved.differences(self.ledger.realm, spender.asset, spender.partition, needed)
        if beyond:
            raise PlanExceededError(
                purpose.attempted,
                f"it is tied to the plan of {purpose.approved.made_at:%Y-%m-%d %H:%M} UTC, and {'; '.join(beyond)}",
                "Nothing was sent. Plan again and approve that plan, or run without one.",
            )

    def _require_room(self, to_ask: Sequence[Missing], purpose: Purpose) -> None:
        """Refuse all of it together where its worst case does not fit; names the budget that lacks most."""
        needed: dict[str, int] = {}
        for one in to_ask:
            for scope in scopes(one.next_call, purpose.spender.campaign):
                needed[scope] = needed.get(scope, 0) + one.worst_case_microcredits
        left = {state.scope: state.left_microcredits for state in self.ledger.balances() if state.is_current}
        short = {scope: amount - left.get(scope, 0) for scope, amount in needed.items() if amount > left.get(scope, 0)}
        if short:
            worst = max(short, key=lambda scope: short[scope])
            available = left.get(worst, 0)
            change = _cheapest_change(worst, short[worst], available, purpose.spender.campaign)
            raise BudgetRefusedError(purpose.attempted, worst, needed[worst], available, change)

    def _buy_until_complete(self, lacking: Sequence[Walk], purpose: Purpose, tally: Tally) -> None:
        """Buy what is missing; where somebody else has bought a part of a joined call, join what is left anew."""
        for _ in range(MAX_ROUNDS):
            self._buy_all(joined(lacking, self.ledger.realm), purpose, tally)
            lacking = [one for one in lacking if one.next_call is not None]
            if not lacking:
                return
            walk_on(self.ledger, lacking, purpose.window)
            tally.archive_hits += sum(one.next_call is None for one in lacking)
        raise RequestBusyError(
            purpose.attempted, "other processes keep asking for parts of the same", "Run it again later."
        )

    def _buy_all(self, lacking: Sequence[Walk | Joined], purpose: Purpose, tally: Tally) -> None:
        """Work through what is missing in the order in which it was wanted, of each provider some at a time."""
        stop = threading.Event()
        failures: list[tuple[int, BaseException]] = []

        def work(place: int, one: Walk | Joined) -> None:
            try:
                while one.next_call is not None and not stop.is_set():
                    answer = self._buy(one.next_call, purpose, stop)
                    one.went_on(answer)
                    with self._lock:
                        tally.count(answer)
            except (NotBegunError, OvertakenError):
                return
            except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread below
                with self._lock:
                    failures.append((place, error))
                    if _concerns_others([failure for _, failure in failures]):
                        stop.set()

        self._work_through(lacking, work, stop)
        if failures:
            failures.sort(key=lambda failure: failure[0])
            self._give_up([error for _, error in failures], purpose)

    def _work_through(
        self,
        lacking: Sequence[Walk | Joined],
        work: Callable[[int, Walk | Joined], None],
        stop: threading.Event,
    ) -> None:
        """Run `work` for each in threads; as many at once for a provider as its account allows."""
        with ExitStack() as stack:
            pools: dict[str, ThreadPoolExecutor] = {}
            futures: list[Future[None]] = []
            try:
                for place, one in enumerate(lacking):
                    account = self._account(one.next_call)
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

    def _give_up(self, errors: Sequence[BaseException], purpose: Purpose) -> None:
        """Raise the failure that stopped the fetch, else the first one; remember what other partitions would meet."""
        for error in errors:
            if isinstance(error, _OF_ALL_CALLS):
                self._refusals.note(purpose.spender.run_id, error)
        chosen = next((error for error in errors if not isinstance(error, _OF_ONE_CALL)), errors[0])
        raise chosen.among(len(errors)) if isinstance(chosen, PaidCallError) else chosen

    def _buy(self, call: Call, purpose: Purpose, stop: threading.Event) -> Answer:
        account = self._account(call)
        _require_price(call, purpose)
        order = Order(
            call=call,
            budget_scopes=scopes(call, purpose.spender.campaign),
            rates=call.operation.rates_for(account.settings),
            spender=purpose.spender,
            window=purpose.window,
            key_variable=account.key_variable,
        )
        return self._exchange.buy(order, self._transport(account), stop)

    def _transport(self, account: Account) -> Transport:
        with self._lock:
            transport = self._transports.get(account.provider)
            if transport is None:
                transport = self._transports[account.provider] = self._make_transport(account)
            return transport

    def _account(self, call: Call | None) -> Account:
        if call is None:
            raise ValueError("nothing is missing, so that nobody need be asked")
        operation = call.operation
        account = self.accounts.get(operation.provider)
        if account is not None and (account.has_usable_key or not operation.authenticated):
            return account
        variable = account.key_variable if account else f"the key of {operation.provider}"
        has_odd_key = account is not None and account.key != ""
        raise MissingKeyError(
            f"asking {operation.provider} for {operation.name}",
            "the key holds a character that no key can have" if has_odd_key else "no key is configured",
            f"Set {variable} to the key alone, without spaces or line breaks."
            if has_odd_key
            else f"Set {variable} (see .env.example), or use the sandbox.",
        )


class _Refusals:
    """What a provider refused to the running run altogether, by operation; a new run asks anew."""

    def __init__(self) -> None:
        self._run_id = ""
        self._by_operation: dict[str, PaidCallError] = {}
        self._lock = threading.Lock()

    def note(self, run_id: str, error: PaidCallError) -> None:
        """Remember a refusal of an operation."""
        with self._lock:
            if run_id != self._run_id:
                self._run_id, self._by_operation = run_id, {}
            self._by_operation[error.operation] = error

    def check(self, run_id: str, call: Call) -> None:
        """Raise what this run has already been told, so that nobody is asked in vain for each partition."""
        with self._lock:
            error = self._by_operation.get(call.operation.id) if run_id == self._run_id else None
        if error is not None:
            raise error


def _require_price(call: Call, purpose: Purpose) -> None:
    operation = call.operation
    if not operation.price.is_known:
        raise PriceUnknownError(
            purpose.attempted,
            unknown_price(operation.provider, operation.name),
            f"Add operations.{operation.provider}.{operation.name} to it; nothing was sent for this.",
        )


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


def _never_observed(purpose: Purpose, lacking: int, wanted: int) -> PaidCallError:
    ended = purpose.window.end - timedelta(seconds=1)
    return NeverObservedError(
        purpose.attempted,
        f"{lacking} of {wanted} answers were never observed and the partition ended on {ended:%Y-%m-%d}",
        "Providers only tell the present, so nothing was bought: today's numbers must not stand under that date.",
    )


def _cheapest_change(scope: str, short: int, available: int, campaign: str) -> str:
    """The smallest change that would fit, in the words of whoever can make it."""
    lower = f"ask for less, so that at most {format_credits(available)} credits are needed"
    if scope.startswith("campaign:"):
        provider = scope.rpartition("/")[2]
        return f"Raise budget.{provider} in campaigns/{campaign}.yaml by {format_credits(short)}, or {lower}."
    return f"Raise the limit of `{scope}` by {format_credits(short)}, wait for its next period, or {lower}."
