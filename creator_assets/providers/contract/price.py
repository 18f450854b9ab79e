"""The price of an operation: what one unit costs, where that is written, and whether it is known.

Which operation has which price is declared by the providers. A price list of one's own is read in
``spending.planning.price_list``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from creator_assets.microcredits import to_microcredits


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What one `unit` costs in credits, where that is written and since when it is used here.

    ``variants`` are the prices of forms of the request that cost otherwise, by name. Where a price is not
    ``is_known``, ``credits`` is only what the documents say: nothing may be bought at it.
    """

    credits: Decimal
    unit: str
    source: str
    version: str = "seed-2026-11"
    note: str = ""
    variants: Mapping[str, Decimal] = {}
    is_known: bool = True

    @property
    def microcredits(self) -> int:
        """The price of one unit in microcredits."""
        return to_microcredits(self.credits)

    def variant_microcredits(self, name: str) -> int:
        """The price of one unit of a variant in microcredits; with an empty name, that of the operation itself."""
        return to_microcredits(self.variants[name]) if name else self.microcredits

    @property
    def unit_in_words(self) -> str:
        """The unit, with what its variants cost."""
        others = ", ".join(f"{amount.normalize():f} {name.replace('_', ' ')}" for name, amount in self.variants.items())
        return f"{self.unit}; {others}" if others else self.unit

    @property
    def stated(self) -> str:
        """The price in words, with the version of its price list."""
        amount = f"{self.credits.normalize():f} per {self.unit_in_words}" if self.is_known else "unknown"
        return f"{amount} ({self.version})"
