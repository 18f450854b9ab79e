"""How an operation is declared: one short constructor for all providers.

A provider fixes what is the same for all of its operations (name, document, limits) with ``functools.partial``, and
then needs a line or two for each. The fields of an operation are explained in ``operations``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TypedDict, Unpack

from creator_assets.providers.contract.operations import Operation, Rate, Request, Response, ResponseOutcome
from creator_assets.providers.contract.price import Price


class OperationOptions(TypedDict, total=False):
    """The fields of ``Operation`` that have a default."""

    worst_case: Callable[[Request], int]
    at_least: Callable[[Request], int]
    sub_budgets: tuple[str, ...]
    batch_limit: int | None
    authenticated: bool
    timeout_seconds: float
    repeat_in_doubt: str
    trial_rates: tuple[Rate, ...]
    holds_secret: bool
    finds_data: bool
    join: Callable[[Sequence[Request]], Request] | None


def declare(
    id: str,  # noqa: A002 - the field's name
    name: str,
    method_and_path: str,
    credits: str,  # noqa: A002 - the field's name
    unit: str,
    read: Callable[[Request, Response], ResponseOutcome],
    *,
    provider: str,
    source: str,
    rates: tuple[Rate, ...],
    used_by: str,
    fresh_days: int = 0,
    note: str = "",
    variants: Mapping[str, str] | None = None,
    **more: Unpack[OperationOptions],
) -> Operation:
    """An operation. Without `more` it is charged by the unit, authenticated, and in no sub-budget.

    Args:
        id: The operation's id, e.g. ``IC-14``; those of the documented 36 are numbered, others are named.
        name: Its name here.
        method_and_path: Method and path, e.g. ``GET /v1/account/usage``.
        credits: Price of one unit, as the document writes it.
        unit: What is counted. A request is charged for at most as many units as its weight.
        read: Gives the outcome of a response.
        provider: Its provider.
        source: The document that describes it.
        rates: Its limits.
        used_by: The assets or commands that make its requests.
        fresh_days: For how many days an answer is as good as a new one.
        note: What else is known of the price.
        variants: Forms of the request that cost otherwise, by name.
        more: Further fields of ``Operation``.
    """
    method, path = method_and_path.split(" ")
    others = {variant: Decimal(amount) for variant, amount in (variants or {}).items()}
    price = Price(credits=Decimal(credits), unit=unit, source=source, note=note, variants=others)
    # The price of the request's own operation: a price list may have replaced the one declared here.
    more.setdefault("worst_case", lambda request: request.operation.price.microcredits * request.weight)
    return Operation(
        id=id,
        provider=provider,
        name=name,
        method=method,
        path=path,
        price=price,
        read=read,
        rates=rates,
        freshness=timedelta(days=fresh_days),
        source=source,
        used_by=used_by,
        **more,
    )
