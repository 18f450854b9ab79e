"""What a campaign is as a whole: its market, time and money.

What belongs here: the sections `brief`, `budget` and `thresholds`, which every brief may have whatever it buys. A
section with a fault yields None, or does without the faulty entry; the fault is reported by then.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from creator_assets.campaigns import scalars
from creator_assets.campaigns.catalog import ProviderCatalog
from creator_assets.campaigns.currencies import CURRENCIES
from creator_assets.campaigns.faults import what_would_be_right
from creator_assets.campaigns.model import Thresholds
from creator_assets.campaigns.place import Place

MAX_BUDGET_CREDITS = 1_000_000_000


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The section `brief`."""

    market: str
    start: date
    end: date
    currency: str
    fees: Decimal | None


def read_terms(place: Place | None) -> Terms | None:
    """Read market, time and money of the campaign."""
    if place is None:
        return None
    form = {"market": "Germany", "start": "2026-11-02", "end": "2026-12-13", "currency": "EUR", "fees": "60000"}
    fields = place.fields(form, required=("market", "start", "end", "currency"))
    market = scalars.text(fields.get("market"))
    start, end = scalars.day(fields.get("start")), scalars.day(fields.get("end"))
    currency = scalars.choice(fields.get("currency"), CURRENCIES, "currency codes of ISO 4217")
    fees = scalars.amount(fields.get("fees"))
    if start is None or end is None:
        return None
    if end < start:
        fields["end"].refuse(f"the end, {end}, lies before the start, {start}", "Exchange the two or correct one")
        return None
    return Terms(market=market, start=start, end=end, currency=currency, fees=fees)


def read_budget(place: Place | None, catalog: ProviderCatalog) -> dict[str, int]:
    """Read the credits of each provider into microcredits."""
    if place is None:
        return {}
    entries = place.entries(catalog.providers)
    if entries:
        for name, shown in place.unknown_names(catalog.providers):
            remedy = what_would_be_right(name.value, catalog.providers, "The providers")
            place.refuse_name(name, shown, "unknown provider", remedy)
    # A budget with a fault counts as there, so that nobody is told to add it.
    return {
        provider: scalars.microcredits(entry, at_most=MAX_BUDGET_CREDITS) or 0
        for provider, entry in entries.items()
        if provider in catalog.providers
    }


def read_thresholds(place: Place | None) -> Thresholds:
    """Read the shares of the budgets from which somebody is told, or nothing more is spent."""
    if place is None:
        return Thresholds()
    fields = place.fields({"notify": "0.8", "suspend": "0.95", "suspend_immediate": "1.0"})
    shares = {name: scalars.fraction(field) for name, field in fields.items()}
    return Thresholds(**shares)
