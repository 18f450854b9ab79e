"""Forms of handles and names match if people read them as the same word, or if a platform treats them as equal."""

# ruff: noqa: RUF001 -- look-alike letters are the subject

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
def test_texts_that_read_the_same_have_one_comparable_form(text: str | None, form: str | None) -> None:
    assert applied(comparison.comparable, text) == form


@given(text=st.text(max_size=20))
def test_the_form_of_a_form_is_unchanged(text: str) -> None:
    once = applied(comparison.comparable, text)
    assert applied(comparison.comparable, once) == once


def test_an_imitation_with_lookalike_letters_has_only_the_same_skeleton() -> None:
    imitation, original = applied(comparison.comparable, "сristіano"), applied(comparison.comparable, "cristiano")
    assert imitation != original
    assert applied(comparison.skeleton, imitation) == applied(comparison.skeleton, original)


def test_the_skeleton_of_a_name_in_another_script_is_unchanged() -> None:
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
def test_generic_words_are_recognized(text: str, generic: bool) -> None:
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
def test_the_core_of_a_handle_has_no_affixes(handle: str, core: str | None) -> None:
    assert applied(comparison.handle_core, handle) == core


def test_an_east_asian_letter_counts_twice() -> None:
    frame = pl.DataFrame({"text": ["blaze", "焰狼", "焰狼blaze", "한국", "カナ"]})
    assert frame.select(comparison.weighted_length(pl.col("text"))).to_series().to_list() == [5, 4, 9, 4, 4]
