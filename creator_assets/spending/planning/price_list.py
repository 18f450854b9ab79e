"""The price list: one YAML file whose prices, from your contract, replace the documented ones.

What belongs here: the format of the list, and the messages about a wrong one, with file, line and field. What does
not: how a price becomes the cost of a request (``providers.contract``), and which operations there are (handed in). A
list with one mistake is not used at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import msgspec

from creator_assets.campaigns.currencies import CURRENCIES
from creator_assets.checked_yaml import FaultList, YamlFault, YamlNode, compose_file, read, scalars
from creator_assets.microcredits import to_credits
from creator_assets.providers.contract.operations import Operation
from creator_assets.providers.contract.price import Price

MAX_CREDITS = 100_000
MAX_MONEY = 100_000
_FORM = {
    "version": "contract-2026",
    "effective": "2026-11-01",
    "source": "order form of 2026-10-20",
    "complete": "false",
    "currency": "EUR",
    "price_per_credit": "{…: 0.10}",
    "operations": "{…: {…: 0.9}}",
}
Known = Mapping[str, Mapping[str, Operation]]
_currency = partial(scalars.one_of, known=CURRENCIES, noun="currency codes of ISO 4217")


class PriceListError(ValueError):
    """The price list cannot be used. The message lists every mistake, one a line."""

    def __init__(self, faults: Iterable[YamlFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """The prices that replace the documented ones.

    ``prices`` are by provider and operation. What is not listed has its documented price, or, where the list says that
    it is complete, an unknown one. ``credit_prices`` is the price of one credit of a provider, in ``currency``.
    """

    version: str = ""
    effective: date | None = None
    source: str = ""
    currency: str = ""
    prices: Mapping[str, Mapping[str, Price]] = {}
    credit_prices: Mapping[str, Decimal] = {}

    def prices_of(self, provider: str) -> Mapping[str, Price]:
        """The listed prices of one provider, by operation."""
        return self.prices.get(provider, {})


def load_prices(path: Path, operations: Iterable[Operation], today: date) -> PriceList:
    """Read the price list in a file.

    Args:
        path: The YAML file.
        operations: Every operation, with its documented price.
        today: A list that takes effect later is refused.

    Raises:
        PriceListError: The file cannot be read, or has a mistake.
    """
    faults = FaultList(str(path))
    known: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        known.setdefault(operation.provider, {})[operation.name] = operation
    node = compose_file(path, faults, "the price list", "CREATOR_ASSETS_PRICES")
    found = _read(YamlNode(node, "", faults), known, today) if node is not None else PriceList()
    if faults:
        raise PriceListError(faults.in_order())
    return found


def _read(root: YamlNode, known: Known, today: date) -> PriceList:
    fields = root.fields(_FORM, required=("version", "effective", "source"))
    version, source = read(fields.get("version"), scalars.text) or "", read(fields.get("source"), scalars.text) or ""
    effective = read(fields.get("effective"), scalars.day)
    if effective is not None and effective > today:
        fields["effective"].refuse(
            f"these prices take effect on {effective}, and it is {today}", "Put the list in place on that day"
        )
    shown = f"{version}, since {effective}"
    stated = _operations(fields.get("operations"), known, shown, source)
    if read(fields.get("complete"), scalars.flag):
        stated = _completed(stated, known, shown, source)
    money = _credit_prices(fields.get("price_per_credit"), known)
    currency = read(fields.get("currency"), _currency) or ""
    if money and "currency" not in fields:
        fields["price_per_credit"].refuse("no currency is stated", "Add it beside, for example `currency: EUR`")
    return PriceList(
        version=version, effective=effective, source=source, currency=currency, prices=stated, credit_prices=money
    )


def _operations(node: YamlNode | None, known: Known, version: str, source: str) -> dict[str, dict[str, Price]]:
    stated: dict[str, dict[str, Price]] = {}
    for provider, of_provider in _named(node, known, "provider").items():
        stated[provider] = {}
        for name, entry in _named(of_provider, known[provider], "operation").items():
            price = _price(entry, known[provider][name], version, source)
            if price is not None:
                stated[provider][name] = price
    return stated


def _price(node: YamlNode, operation: Operation, version: str, source: str) -> Price | None:
    """The price of one operation: a number, or a number for each of its variants."""
    documented = operation.price
    if operation.is_free:
        node.refuse("this operation is free", "Leave it out: its answers are never charged")
        return None
    form = {"credits": "1", **dict.fromkeys(documented.variants, "1")}
    if not documented.variants:
        amounts = {"credits": _credits(node)}
    else:
        fields = node.fields(form, required=tuple(form))
        amounts = {name: _credits(entry) for name, entry in fields.items()}
    found = {name: amount for name, amount in amounts.items() if amount is not None}
    if set(found) != set(form):
        return None
    return msgspec.structs.replace(
        documented,
        credits=found.pop("credits"),
        variants=found,
        version=version,
        source=source,
    )


def _credits(node: YamlNode) -> Decimal | None:
    amount = read(node, partial(scalars.microcredits, at_most=MAX_CREDITS))
    if amount == 0:
        # A free request passes every budget, and no budget would hold what an answer then says that it cost.
        node.refuse("the price is zero", "State the most that a request can cost; answers that state less count less")
        return None
    return None if amount is None else to_credits(amount)


def _completed(
    stated: Mapping[str, Mapping[str, Price]], known: Known, version: str, source: str
) -> dict[str, dict[str, Price]]:
    """The same, with an unknown price for each charged operation that is not listed."""
    return {
        provider: {
            name: stated.get(provider, {}).get(name)
            or msgspec.structs.replace(operation.price, is_known=False, version=version, source=source)
            for name, operation in operations.items()
            if not operation.is_free
        }
        for provider, operations in known.items()
    }


def _credit_prices(node: YamlNode | None, known: Known) -> dict[str, Decimal]:
    money: dict[str, Decimal] = {}
    for provider, entry in _named(node, known, "provider").items():
        amount = read(entry, partial(scalars.amount, at_most=MAX_MONEY))
        if amount == 0:
            entry.refuse("the price of a credit is zero", "Leave it out if you do not know it")
        elif amount is not None:
            money[provider] = amount
    return money


def _named(node: YamlNode | None, known: Mapping[str, object], noun: str) -> dict[str, YamlNode]:
    """The entries of a mapping with known names. Every other name is a fault, with the nearest right name."""
    if node is None:
        return {}
    return node.entries(known, f"unknown {noun}", f"The {noun}s")
