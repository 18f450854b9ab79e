"""One call to buy, and how buying it may end without anything having been sent.

Value objects only; how an order is carried out stands in ``exchange``, who gives it in ``gateway``.
"""

from __future__ import annotations

import msgspec

from creator_assets.ledger.records import Attribution, Window
from creator_assets.providers.contract.operations import Rate, Request


class NotBegunError(Exception):
    """The fetch was given up before this call was sent: nothing is owed and nothing is to be reported for it."""


class OvertakenError(Exception):
    """Parts of a joined call were answered to somebody else meanwhile: join the rest anew."""


class TooManyError(Exception):
    """A joined call was refused, and cost nothing, because it has more parts than there is room for now."""

    def __init__(self, room: int) -> None:
        """Say for how many there is."""
        super().__init__(room)
        self.room = room


class PurchaseOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One call to buy: for whom, within which budgets, rates and window; and how its key is called in messages.

    Where it ``takes_refusal``, a refusal of the request that costs nothing is its answer: there is nothing.
    """

    request: Request
    budget_scopes: tuple[str, ...]
    rates: tuple[Rate, ...]
    spender: Attribution
    window: Window
    key_variable: str
    tolerate_rejection: bool = False

    @property
    def attempted(self) -> str:
        """What is attempted, without personal data."""
        operation = self.request.operation
        return f"asking {operation.provider} for {operation.name} ({self.spender.asset}, {self.spender.partition})"
