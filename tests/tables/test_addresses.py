"""E-mail addresses in texts are taken out on the way into a table; everything else stays as it was written."""

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
def test_what_is_no_address_stays(text: str | None) -> None:
    assert cleaned(text) == text


def test_a_text_without_end_takes_no_longer_than_its_length_asks() -> None:
    assert cleaned("a" * 200_000 + "@" + "b" * 200_000) is not None
