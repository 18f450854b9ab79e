"""Handles and names are compared as people read them, and told apart as platforms do."""

# ruff: noqa: RUF001 -- letters that can be taken for others are what this is about

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.identity import comparison


def applied(form: Callable[[pl.Expr], pl.Expr], text: str | None) -> str | None:
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    found: str | None = frame.select(form(pl.col("text"))).item()
    return found


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("@Bar.Films", "barfilms"),
        ("bar_films", "barfilms"),
        ("Beyoncé ✨", "beyonce"),
        ("BEYONCE\u0301", "beyonce"),
        ("İstanbul", "istanbul"),
        ("𝓙𝓮𝓷", "jen"),
        ("ﬁt", "fit"),
        ("Ⓐⓑ", "ab"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("a\u200bb\u2060c\ufeff", "abc"),
        ("\u202ea\u202cbc\u2066d\u2069", "abcd"),
        ("Gl\u00adamour", "glamour"),
        ("Z\u034fa", "za"),
        ("한국어", "한국어"),
        ("\u1112\u1161\u11ab국어", "한국어"),
        ("カ\u3099", "ガ"),
        ("ｶﾞ", "ガ"),
        ("نُور", "نُور"),
        ("क्षि", "क्षि"),
        ("karna.val", "karnaval"),
        ("🎀", None),
        ("👩‍👩‍👧", None),
        ("  ", None),
        ("...", None),
        ("", None),
        (None, None),
    ],
)
def test_what_reads_the_same_compares_the_same(text: str | None, form: str | None) -> None:
    assert applied(comparison.comparable, text) == form


@pytest.mark.parametrize(
    ("handle", "form"),
    [
        ("@Bar.Films", "bar.films"),
        (" @bar.films\u200b", "bar.films"),
        ("BAR.FILMS", "bar.films"),
        ("barfilms", "barfilms"),
        ("bar_films", "bar_films"),
        ("@", None),
        ("\u200b", None),
        (None, None),
    ],
)
def test_a_handle_keeps_what_its_platform_tells_handles_by(handle: str | None, form: str | None) -> None:
    assert applied(comparison.exact_handle, handle) == form


@pytest.mark.parametrize("form", [comparison.comparable, comparison.exact_handle])
@given(text=st.text(max_size=20))
def test_a_form_of_a_form_is_that_form(form: Callable[[pl.Expr], pl.Expr], text: str) -> None:
    once = applied(form, text)
    assert applied(form, once) == once


def test_an_imitation_with_foreign_letters_reads_alike_but_is_not_equal() -> None:
    imitation, original = applied(comparison.comparable, "сristіano"), applied(comparison.comparable, "cristiano")
    assert imitation != original
    assert applied(comparison.skeleton, imitation) == applied(comparison.skeleton, original)


def test_a_name_in_another_script_is_not_bent_to_latin() -> None:
    assert applied(comparison.skeleton, "юлия") == "юлия"
    assert applied(comparison.skeleton, "한국어") == "한국어"


@pytest.mark.parametrize(
    ("text", "generic"),
    [
        ("fitnesstv24", True),
        ("user839201", True),
        ("officialmusic", True),
        ("123456", True),
        ("realfoodblog", True),
        ("glamourpuss", False),
        ("foodie", False),
        ("musicbyann", False),
    ],
)
def test_words_that_anybody_uses_are_known_for_it(text: str, generic: bool) -> None:
    frame = pl.DataFrame({"text": [text]})
    assert frame.select(comparison.is_generic(pl.col("text"))).item() is generic


@pytest.mark.parametrize(
    ("handle", "core"),
    [
        ("MuQingOfficial", "muqing"),
        ("ruochi2022", "ruochi"),
        ("daisy_tv_2", "daisy"),
        ("the.real.glamour", "realglamour"),
        ("iambeckyg", "beckyg"),
        ("tv", None),
        ("abc123", None),
    ],
)
def test_what_is_only_attached_to_a_handle_comes_off(handle: str, core: str | None) -> None:
    assert applied(comparison.handle_core, handle) == core


def test_an_east_asian_letter_counts_for_two() -> None:
    frame = pl.DataFrame({"text": ["blaze", "焰狼", "焰狼blaze", "한국", "カナ"]})
    assert frame.select(comparison.letters_worth(pl.col("text"))).to_series().to_list() == [5, 4, 9, 4, 4]
