"""What a ledger should do, said a second time and simply: dictionaries, and a provider that knows what it charged.

The stateful test compares the real ledger with this. Nothing here is shared with the code under test but the
vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass, field

OPEN = ("reserved", "sent")
NEVER = "-"
MONTHS = ("2026-10", "2026-11")
"""The two billing periods of the budget `month` that a history can reach."""


@dataclass
class Attempt:
    """One attempt, with what the provider really took for it (None: it never arrived there).

    ``key`` names the parts that were joined into it: ``a+b`` answers for ``a`` and for ``b``.
    """

    key: str
    upper: int
    scopes: tuple[str, ...]
    owner: str
    state: str
    lease_until: float
    rule: str
    really: int | None = None
    charge: int = 0
    serves: bool = False
    period: str = ""

    @property
    def parts(self) -> frozenset[str]:
        """What it asks for."""
        return frozenset(self.key.split("+"))


@dataclass
class Model:
    """All budgets, all attempts, and the provider's own counter."""

    limits: dict[str, int]
    attempts: dict[str, Attempt] = field(default_factory=dict)
    overrun: dict[tuple[str, str], int] = field(default_factory=dict)
    external: int = 0
    booked_external: int = 0
    suspended: set[str] = field(default_factory=set)
    month: str = MONTHS[0]
    is_month_ending: bool = False
    states_another_limit: bool = False

    def used(self) -> int:
        """What the provider counts."""
        return self.external + sum(attempt.really or 0 for attempt in self.attempts.values())

    def books(self, scope: str, period: str = "") -> tuple[int, int, int]:
        """(spent, held, in doubt) of a budget; of the period under way if none is named."""
        mine = [attempt for attempt in self.attempts.values() if scope in attempt.scopes]
        if scope == "month":
            mine = [attempt for attempt in mine if attempt.period == (period or self.month)]
        spent = sum(attempt.charge for attempt in mine if attempt.state in {"settled", "resolved"})
        return (
            spent + (self.booked_external if scope == "plan" else 0),
            sum(attempt.upper for attempt in mine if attempt.state in OPEN),
            sum(attempt.upper for attempt in mine if attempt.state == "in_doubt"),
        )

    def note_overrun(self) -> None:
        """After anything that may book beyond a limit."""
        for scope, limit in self.limits.items():
            for period in MONTHS if scope == "month" else (NEVER,):
                beyond = sum(self.books(scope, period)) - limit
                self.overrun[scope, period] = max(self.overrun.get((scope, period), 0), beyond)

    def expect(self, key: str, upper: int, scopes: tuple[str, ...], rule: str) -> str:
        """The outcome that an admission must have."""
        parts = frozenset(key.split("+"))
        same = [attempt for attempt in self.attempts.values() if attempt.parts & parts]
        served: frozenset[str] = frozenset().union(*(attempt.parts for attempt in same if attempt.serves))
        if any(attempt.serves and attempt.key == key for attempt in same) or (len(parts) == 1 and served):
            return "Hit"
        if served & parts:
            return "Overtaken"
        if any(attempt.state in OPEN for attempt in same):
            return "Busy"
        if rule != "always" and any(self._blocks(attempt, rule) for attempt in same):
            return "InDoubt"
        if not self.suspended.isdisjoint(scopes):
            return "Refused"
        if "month" in scopes and (self.states_another_limit or self.is_month_ending):
            return "Refused"
        if any(max(0, self.limits[scope] - sum(self.books(scope))) < upper for scope in scopes):
            return "Refused"
        return "Granted"

    @staticmethod
    def _blocks(attempt: Attempt, rule: str) -> bool:
        if attempt.state == "in_doubt":
            return True
        return attempt.state == "resolved" and rule == "never" and attempt.charge > 0
