"""One spelling for each account: handles, @, case, invisible characters, addresses, and ids of channels."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creator_assets.handles import canonical_handle, canonical_handles, is_channel_id, mixes_scripts

CHANNEL = "UCinventedinventedinvent"


@pytest.mark.parametrize(
    ("written", "handle"),
    [
        ("Cristiano", "cristiano"),
        ("@Cristiano", "cristiano"),
        (" @@cristiano ", "cristiano"),
        ("cristiano\u200b", "cristiano"),
        ("\ufeffCRISTIANO", "cristiano"),
        ("Stra\u00dfe", "strasse"),
        ("\u0130stanbul", "i\u0307stanbul"),
        ("\uff41\uff42", "ab"),
        ("a.b_c-d", "a.b_c-d"),
        ("123", "123"),
        (CHANNEL, CHANNEL),
        (f"https://www.youtube.com/channel/{CHANNEL}", CHANNEL),
        ("https://www.youtube.com/@Yara.Example/videos", "yara.example"),
        ("youtube.com/c/Yara", "yara"),
        ("https://www.instagram.com/Mila.Example/?hl=de", "mila.example"),
        ("instagram.com/Mila.Example", "mila.example"),
        ("https://www.tiktok.com/@Tara", "tara"),
        ("https://x.com/Theo", "theo"),
        ("https://mobile.twitter.com/Theo/", "theo"),
        ("https://www.linkedin.com/in/Lea-Beispiel/", "lea-beispiel"),
        ("https://www.youtube.com/@Zo%C3%AB", "zo\u00eb"),
        ("https://example.com/somebody", "https://example.com/somebody"),
        ("", ""),
        (" @ ", ""),
        ("\u200b", ""),
    ],
)
def test_an_account_has_one_spelling(written: str, handle: str) -> None:
    assert canonical_handle(written) == handle
    frame = pl.DataFrame({"handle": [written, None]})
    assert frame.select(canonical_handles(pl.col("handle")))["handle"].to_list() == [handle or None, None]


@given(st.text(max_size=40))
def test_the_spelling_of_a_spelling_is_itself_but_for_letters_that_fold_twice(text: str) -> None:
    once = canonical_handle(text)
    assert canonical_handle(canonical_handle(once)) == canonical_handle(once)


@given(st.from_regex(r"[A-Za-z0-9._]{1,30}", fullmatch=True))
def test_case_and_at_make_no_second_account(handle: str) -> None:
    spellings = {
        handle,
        handle.upper(),
        handle.lower(),
        f"@{handle}",
        f" {handle} ",
        f"https://www.instagram.com/{handle}/",
    }
    if not any(map(is_channel_id, (handle, handle.upper(), handle.lower()))):
        assert len({canonical_handle(one) for one in spellings}) == 1


@pytest.mark.parametrize(
    ("text", "mixed"),
    [("mila", False), ("mil\u0430", True), ("\u043c\u0438\u043b\u0430", False), ("\u03b1b", True), ("a1_", False)],
)
def test_letters_that_look_like_others_are_noticed(text: str, mixed: bool) -> None:
    assert mixes_scripts(text) is mixed
