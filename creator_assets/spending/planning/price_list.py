"""A price list of one's own: one YAML file that overrides documented prices by what a contract says.

What belongs here: the form of the list and what is said of one that is wrong, with file, line and field. What a price
does to a call is said in ``providers.contract``; which operations there are is handed in. A list that is wrong in
one place is not used at all: nothing may be bought at half of somebody's prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import msgspec

from creator_assets.campaigns.currencies import CURRENCIES
from creator_assets.checked_yaml import MAX_BYTES, FaultList, YamlFault, YamlNode, compose, read, scalars
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
    """The price list cannot be used: every fault of it, one a line."""

    def __init__(self, faults: Iterable[YamlFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """The prices that hold instead of the documented ones.

    ``prices`` are by provider and operation; what is not in it costs what the documents say, or, where the list
    claims to be complete, an unknown amount. ``credit_prices`` say what one credit of a provider costs in ``currency``.
    """

    version: str = ""
    effective: date | None = None
    source: str = ""
    currency: str = ""
    prices: Mapping[str, Mapping[str, Price]] = {}
    credit_prices: Mapping[str, Decimal] = {}

    def prices_of(self, provider: str) -> Mapping[str, Price]:
        """The prices of one provider's operations that differ from the documented ones, by operation."""
        return self.prices.get(provider, {})


def load_prices(path: Path, operations: Iterable[Operation], today: date) -> PriceList:
    """Read the price list in a file.

    Args:
        path: The YAML file.
        operations: Every operation that there is, with its documented price.
        today: A list that begins later is refused: nothing is bought at prices that do not hold yet.

    Raises:
        PriceListError: The file cannot be read, or something in it is wrong.
    """
    faults = FaultList(str(path))
    known: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        known.setdefault(operation.provider, {})[operation.name] = operation
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        problem = f"the price list cannot be read ({error.strerror or 'unknown reason'})"
        faults.add(line=1, column=1, field="", problem=problem, remedy="Check CREATOR_ASSETS_PRICES, or leave it empty")
        raise PriceListError(faults.in_order()) from None
    node = compose(raw, faults)
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
            f"these prices hold from {effective} on, and it is {today}", "Put the list in place on that day"
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
    """The price of one operation: a number, or one for each variant where it has variants."""
    documented = operation.price
    if operation.is_free:
        node.refuse("this operation is never charged", "Leave it out: what its answers cost is not counted")
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
        # What is counted as free passes every budget, and an answer that states a cost would then be nobody's.
        node.refuse("a price of nothing", "State what a call may cost at most; answers that state less are believed")
        return None
    return None if amount is None else to_credits(amount)


def _completed(
    stated: Mapping[str, Mapping[str, Price]], known: Known, version: str, source: str
) -> dict[str, dict[str, Price]]:
    """The same, where what is charged and not in the list has no price that anybody knows."""
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
            entry.refuse("a credit for nothing", "Leave it out where its price is not known")
        elif amount is not None:
            money[provider] = amount
    return money


def _named(node: YamlNode | None, known: Mapping[str, object], noun: str) -> dict[str, YamlNode]:
    """The entries of a mapping whose names are known; each other name is a fault with the nearest right one."""
    if node is None:
        return {}
    return node.entries(known, f"unknown {noun}", f"The {noun}s")
