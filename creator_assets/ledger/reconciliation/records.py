"""What a reconciliation is made of: a provider's balance, the state of the books before it, and what was found.

Value objects only. How a comparison comes about belongs to ``reconcile.py``.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class ReconciliationVerdict(StrEnum):
    """What a comparison showed."""

    BASELINE = "baseline"  # the first one in this period: from here on both sides are compared
    AGREED = "agreed"  # equal to the microcredit
    RESOLVED = "resolved"  # equal, once what was in doubt or assumed got its true cost
    EXTERNAL = "external"  # the provider counts more than we could have spent: somebody else uses the key
    DRIFT = "drift"  # the provider counts less than it charged by its own answers
    UNCONFIRMED = "unconfirmed"  # a difference; acted upon when a later comparison shows the same
    WITHIN_BOUNDS = "within_bounds"  # calls were under way: no contradiction, no exact judgement


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider states: used so far in its period, or left on the account; exactly one of them."""

    used_microcredits: int | None = None
    left_microcredits: int | None = None

    def __post_init__(self) -> None:
        """Refuse an ambiguous balance."""
        if (self.used_microcredits is None) == (self.left_microcredits is None):
            raise ValueError("a balance says what is used or what is left, one of them")

    @property
    def counter(self) -> int:
        """A number that grows with every credit that is used, wherever it starts."""
        return self.used_microcredits if self.used_microcredits is not None else -(self.left_microcredits or 0)


class ReconciliationStart(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a budget just before its provider is asked for the balance. ``is_idle``: nothing is held in it."""

    scope: str
    period: str
    version: int
    is_idle: bool
    started_at: datetime


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison. ``drift_microcredits`` is what the provider counts more (or, negative, less) than the books."""

    scope: str
    period: str
    verdict: ReconciliationVerdict
    at: datetime
    counter_microcredits: int
    spent_microcredits: int
    drift_microcredits: int
    note: str


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A difference that stands: how much it is, and since when comparisons have shown one."""

    scope: str
    period: str
    drift_microcredits: int
    verdict: ReconciliationVerdict
    since: datetime
