"""E-mail addresses are removed from the texts of a table; other text stays unchanged."""

from __future__ import annotations

import polars as pl
import pytest

from creator_assets.tables.addresses import REMOVED, without_addresses


def cleaned(text: str | None) -> str | None:
    frame = without_addresses(pl.DataFrame({"key": ["a@example.com"], "text": [text]}), {"key"})
    assert frame["key"][0] == "a@example.com"
    found: str | None = frame["text"][0]
    return found


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com",
        "first.last+tag@mail.example.co.uk",
        "O'Neil@example.org",
        "me (at) example.com",
        "MÜLLER@EXAMPLE.DE",
    ],
)
def test_an_address_in_a_text_is_removed(address: str) -> None:
    assert cleaned(f"Fitness 💪 write to {address}, thanks") == f"Fitness 💪 write to {REMOVED}, thanks"


@pytest.mark.parametrize("text", [None, "", "call @maple.solar", "5 @ 10", "maple.solar", "a@b", "@brand.com on tour"])
def test_other_text_stays_unchanged(text: str | None) -> None:
    assert cleaned(text) == text


def test_a_long_text_takes_linear_time() -> None:
    assert cleaned("a" * 200_000 + "@" + "b" * 200_000) is not None
