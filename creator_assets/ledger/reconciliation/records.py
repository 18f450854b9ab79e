"""The nouns of reconciling: a balance that a provider states, a token of quiet, and what a comparison showed.

Value objects only; how they come about stands in ``reconcile.py``.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class ReconciliationVerdict(StrEnum):
    """What a comparison showed."""

    BASELINE = "baseline"  # the first look in this period: from here on both sides are compared
    AGREED = "agreed"  # equal to the millionth
    RESOLVED = "resolved"  # equal, once what was in doubt or assumed was given its true cost
    EXTERNAL = "external"  # the provider counts more than we could have spent: somebody else uses the key
    DRIFT = "drift"  # the provider counts less than we were charged for by its own word
    UNCONFIRMED = "unconfirmed"  # a difference; acted upon when a later look shows the same
    WITHIN_BOUNDS = "within_bounds"  # calls were under way: no contradiction, no exact judgement


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says: used so far in its period, or left on the account; exactly one of them."""

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


class QuietToken(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a budget just before the balance was asked for."""

    scope: str
    period: str
    version: int
    is_quiet: bool
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
    """A difference that stands: by how much, and since when it has been seen."""

    scope: str
    period: str
    drift_microcredits: int
    verdict: ReconciliationVerdict
    since: datetime
