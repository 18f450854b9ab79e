"""What goes into the ledger and what comes back: budgets, admission requests, outcomes and stored answers.

Value objects only. Amounts are microcredits, times are aware datetimes in UTC. Nothing here touches a database, a clock
or a provider. What a reader of the books gets belongs to ``book_records.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from creator_assets.providers.contract.operations import AnswerKind, Rate, Response, ResponseOutcome


class AttemptState(StrEnum):
    """Where one HTTP attempt stands. A retry is a new attempt."""

    RESERVED = "reserved"  # admitted, its worst case held; provably not sent
    SENT = "sent"  # about to be sent, or sent: from here on the provider may have charged
    SETTLED = "settled"  # answered and charged; the answer is archived
    VOIDED = "voided"  # not charged: never sent, or the provider does not charge such an answer
    IN_DOUBT = "in_doubt"  # fate unknown; counted at its worst case until the provider's balance says more
    RESOLVED = "resolved"  # was in doubt; the provider's balance showed what it cost


class RefusalReason(StrEnum):
    """Why a request was not admitted."""

    BUDGET = "budget"  # the worst case does not fit
    SUSPENDED = "suspended"  # a threshold was crossed: running runs may finish, new ones may not start
    STOPPED = "stopped"  # the immediate threshold was crossed: nobody sends anything more
    PROVIDER_SUSPENDED = "provider_suspended"  # the provider itself refuses: key, empty account, used-up volume
    PERIOD_OVER = "period_over"  # the budget's period has ended; set the next one
    WINDOW_CLOSED = "window_closed"  # an answer observed now would not count for this partition
    ENDS_SOON = "ends_soon"  # the answer could arrive after the window or the billing period; the next one sends it
    LIMIT_DISAGREES = "limit_disagrees"  # this process states another limit than the ledger has
    TOO_HEAVY = "too_heavy"  # the request alone exceeds a documented rate


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A limit for one scope and period.

    ``scope`` is any string the caller makes (``influencers_club/discovery``, ``campaign:berlin-fitness/infludata``).
    ``period`` is ``"-"`` or sorts by time (``"2026-11"``): movements are booked on the period under way.
    Thresholds are fractions of the limit, measured on what is spent or in doubt, with the meaning of Snowflake's
    resource monitors: `notify` records a notice, `suspend` lets running runs finish and admits no others,
    `suspend_immediate` admits nothing more. ``ends_at`` closes the period. With a ``billing_day``, period, start and
    end follow from the time of each admission. ``follows_brief``: the limit is the brief's, whatever the ledger had
    (``booking.periods`` says more). A provider's own refusal is something else: see ``booking.suspension``.
    """

    scope: str
    period: str = "-"
    limit_microcredits: int
    notify: float | None = None
    suspend: float | None = None
    suspend_immediate: float | None = None
    ends_at: datetime | None = None
    billing_day: int | None = None
    follows_brief: bool = False


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When an answer must have been observed to count for a partition.

    The newest usable answer observed in [reuse_since, start) is taken, else the first one observed in [start, end).
    The choice depends on the archive alone, so rebuilding a partition finds the same answers. ``reuse_since == start``
    reuses nothing.
    """

    start: datetime
    end: datetime
    reuse_since: datetime

    def __post_init__(self) -> None:
        """Refuse a window of no length."""
        if not self.reuse_since <= self.start < self.end:
            raise ValueError("a window needs reuse_since <= start < end")


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """What spends: every credit names these."""

    asset: str
    partition: str
    campaign: str
    run_id: str
    step: str
    code_version: str

    def __post_init__(self) -> None:
        """Refuse an attribution with a gap."""
        missing = [name for name in self.__struct_fields__ if not getattr(self, name)]
        if missing:
            raise ValueError(f"every credit names what spent it; empty: {', '.join(missing)}")


class AdmissionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt that is to be admitted.

    ``attempt_id`` is a UUIDv7 made by the caller before anything happens: repeating an admission with the same id is
    harmless. ``upper_microcredits`` is the most it can cost. ``budgets`` are the scopes that must all admit it.
    ``repeat_in_doubt`` says when the request may be sent again after an attempt of unknown fate: ``after_reconcile``,
    ``always``, or ``never`` (until a person allows it). ``parts`` are the request keys that its answer answers as well:
    none of them may be under way elsewhere. ``longest_seconds`` is how long its answer may take: it must arrive within
    the partition's window and the billing period.
    """

    attempt_id: str
    request_key: str
    provider: str
    operation: str
    upper_microcredits: int
    price_version: str
    budgets: tuple[str, ...]
    rates: tuple[Rate, ...] = ()
    weight: int = 1
    repeat_in_doubt: str = "after_reconcile"
    parts: tuple[str, ...] = ()
    longest_seconds: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a request that could not be booked."""
        if self.upper_microcredits < 0 or self.weight < 1:
            raise ValueError("a request costs at least nothing and weighs at least one")
        if self.repeat_in_doubt not in {"after_reconcile", "always", "never"}:
            raise ValueError(f"repeat_in_doubt is after_reconcile, always or never, not {self.repeat_in_doubt!r}")


def share_of(charge_microcredits: int, place: int, parts: int) -> int:
    """The share of a charge that one of several parts bears; `place` counts from 0, and all shares add up."""
    share, rest = divmod(charge_microcredits, parts)
    return share + (place < rest)


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An archived answer with its origin. ``body`` is as it arrived, checked against ``sha256``.

    ``weight`` is that of the request which bought it. For a part of a joined request, ``charge_microcredits`` is its
    share, and ``place`` its place among ``parts``.
    """

    attempt_id: str
    request_key: str
    provider: str
    operation: str
    kind: AnswerKind
    status: int
    headers: Mapping[str, str]
    body: bytes
    sha256: str
    observed_at: datetime
    not_before: datetime | None
    charge_microcredits: int
    basis: str
    run_id: str
    note: str
    weight: int = 1
    place: int = 0
    parts: int = 1


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """Admitted. Send between ``send_at`` and ``send_before`` (``Ledger.await_permit`` waits for it), or ``postpone``.

    After an admission with ``dispatch=False`` both are None: the hold exists, and nothing may be sent before
    ``dispatch``.
    """

    attempt_id: str
    held_microcredits: int
    send_at: datetime | None
    send_before: datetime | None


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Already answered: nothing is held, and nothing needs to be sent.

    A pending answer means: wait until its ``not_before``.
    """

    attempt_id: str
    answer: StoredAnswer


class Busy(msgspec.Struct, frozen=True, kw_only=True):
    """The same request is under way elsewhere; look up again, at the latest after ``lease_until``."""

    attempt_id: str
    other_attempt_id: str
    since: datetime
    lease_until: datetime


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Not admitted by ``scope``: a budget's, that of a rate limit, or ``window``. Nothing was booked.

    ``available_microcredits`` is zero unless the reason is the budget. ``needed_microcredits`` is zero where the budget
    is closed, whatever a request costs.
    """

    attempt_id: str
    scope: str
    reason: RefusalReason
    needed_microcredits: int
    available_microcredits: int
    until: datetime | None
    message: str
    since: datetime | None = None


class Overtaken(msgspec.Struct, frozen=True, kw_only=True):
    """Some parts of the request were answered meanwhile: look up again and request the rest."""

    attempt_id: str


class InDoubt(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier attempt at the same request has an unknown fate and forbids another for now."""

    attempt_id: str
    doubtful_attempt_id: str
    since: datetime
    upper_microcredits: int


class Fenced(msgspec.Struct, frozen=True, kw_only=True):
    """The attempt is no longer the caller's to send (reclaimed, or owned by another process)."""

    attempt_id: str
    state: AttemptState


Outcome = Granted | Hit | Busy | Refused | InDoubt | Overtaken
DispatchOutcome = Granted | Refused | Fenced


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to be archived together with its charge."""

    attempt_id: str
    response_outcome: ResponseOutcome
    response: Response
    observed_at: datetime
