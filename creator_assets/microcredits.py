"""Amounts of credits as integers of microcredits (millionths of a credit).

Every amount inside the project is an ``int`` of microcredits. ``Decimal`` and text occur only at the edges: price
lists, provider responses, the screen. No amount is a float, because 0.1 + 0.2 is not 0.3 and a ledger must add up.
Providers, budgets and prices do not belong here.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation

MICROCREDITS_PER_CREDIT = 1_000_000
# The default context silently rounds to 28 digits, and an inexact amount could appear exact.
_EXACT = Context(prec=60, traps=[InvalidOperation, Inexact])


class InexactAmountError(ValueError):
    """An amount that is not finite or has more than six decimals, so that it cannot be booked exactly."""


def to_microcredits(amount: Decimal | str | int) -> int:
    """Convert credits to microcredits; refuse an amount that needs rounding.

    Args:
        amount: An amount in credits, e.g. ``"0.03"``. The type excludes floats; pass their text.

    Raises:
        InexactAmountError: The amount is not finite or is finer than a millionth of a credit.
    """
    try:
        scaled = _EXACT.multiply(Decimal(amount), MICROCREDITS_PER_CREDIT)
    except (InvalidOperation, Inexact):
        raise InexactAmountError(f"{amount!r} is not an amount of credits") from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise InexactAmountError(f"{amount!r} credits cannot be booked exactly: the ledger counts in millionths")
    return int(scaled)


def to_credits(amount_microcredits: int) -> Decimal:
    """Convert microcredits to an exact ``Decimal`` of credits."""
    return Decimal(amount_microcredits) / MICROCREDITS_PER_CREDIT


def format_credits(amount_microcredits: int) -> str:
    """Format an amount for people and JSON: exact, without exponent and trailing zeros (``"12.34"``, ``"0"``)."""
    sign = "-" if amount_microcredits < 0 else ""
    whole, fraction = divmod(abs(amount_microcredits), MICROCREDITS_PER_CREDIT)
    return f"{sign}{whole}.{fraction:06d}".rstrip("0").rstrip(".")
