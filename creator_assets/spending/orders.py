"""A purchase order for one request, and how an order may end without a purchase.

Value objects and exceptions only. ``purchase`` carries orders out, ``paid_client`` gives them.
"""

from __future__ import annotations

import msgspec

from creator_assets.ledger.records import Attribution, Window
from creator_assets.providers.contract.operations import Rate, Request


class NotBegunError(Exception):
    """The fetch was given up before this request was sent. Nothing is owed, and there is nothing to report."""


class OvertakenError(Exception):
    """Another process has bought parts of a joined request: the rest has to be joined anew."""


class TooManyError(Exception):
    """The provider rejected a joined request because it has too many parts; that cost nothing."""

    def __init__(self, room: int) -> None:
        """Say for how many parts there is room."""
        super().__init__(room)
        self.room = room


class PurchaseOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One request to buy: who pays, and within which budgets, rates and window.

    ``key_variable`` names the environment variable of the key for messages. With ``tolerate_rejection``, a rejection
    that costs nothing is the answer: there is nothing.
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
