"""One spelling for each account: handles, @, case, invisible characters, addresses, and ids of channels."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creator_assets.handles import canonical_handle, canonical_handles, mixes_scripts

CHANNEL = "UCinventedinventedinvent"
RESERVED = {"p", "tv", "in", "c", "reel", "reels", "user", "explore", "direct", "accounts", "stories"}


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
        ("barfilms", "barfilms"),
        ("bar_films", "bar_films"),
        ("...", "..."),
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
        ("https://www.twitch.tv/Ida_Plays", "ida_plays"),
        ("https://www.instagram.com/stories/Mila.Example/123/", "mila.example"),
        ("https://de.linkedin.com/in/Lea-Beispiel", "lea-beispiel"),
        ("https://www.youtube.com/%40Zo%C3%AB", "zo\u00eb"),
        # An address of a post, a search or a short link is no account's.
        ("https://www.instagram.com/p/ABC/", ""),
        ("https://www.youtube.com/watch?v=ABCDEFGHIJK", ""),
        ("https://vm.tiktok.com/ZM123/", "https://vm.tiktok.com/zm123/"),
        ("https://example.com/somebody", "https://example.com/somebody"),
        ("mi\u2800la", "mila"),
        ("", ""),
        (" @ ", ""),
        ("\u200b", ""),
    ],
)
def test_an_account_has_one_spelling(written: str, handle: str) -> None:
    assert canonical_handle(written) == handle
    frame = pl.DataFrame({"handle": [written, None]})
    assert frame.select(canonical_handles(pl.col("handle")))["handle"].to_list() == [handle or None, None]


PREFIXES = ["", "@", "https://www.instagram.com/", "youtube.com/@", "x.com/%40", "youtube.com/channel/"]


@given(st.sampled_from(PREFIXES), st.text(max_size=40))
@example("", "\u0345\u0390")
@example("", "\u13f8\uab70")
@example("https://www.instagram.com/", "https%3A%2F%2Fx.com%2F%2540Theo")
def test_the_spelling_of_a_spelling_is_itself(prefix: str, text: str) -> None:
    once = canonical_handle(f"{prefix}{text}")
    assert canonical_handle(once) == once
    assert canonical_handle(once, "tiktok") == canonical_handle(f"{prefix}{text}", "tiktok")


@given(st.from_regex(r"[A-Za-z0-9._]{1,30}", fullmatch=True).filter(lambda name: any(map(str.isalnum, name))))
def test_case_at_and_address_make_no_second_account(handle: str) -> None:
    spellings = {
        handle,
        handle.upper(),
        handle.lower(),
        f"@{handle}",
        f" {handle} ",
        f"https://www.instagram.com/{handle}/" if handle.lower() not in RESERVED else handle,
        f"https://www.tiktok.com/@{handle}?lang=de",
        f"https://www.youtube.com/@{handle}/videos",
    }
    assert len({canonical_handle(one, "tiktok") for one in spellings}) == 1


@given(st.from_regex(r"UC[A-Za-z0-9_-]{22}", fullmatch=True))
def test_the_id_of_a_channel_keeps_its_case_on_youtube_alone(channel: str) -> None:
    for written in (channel, f" {channel} ", f"https://www.youtube.com/channel/{channel}/about"):
        assert canonical_handle(written) == canonical_handle(written, "youtube") == channel
        assert canonical_handle(written, "instagram") == channel.lower()
    frame = pl.DataFrame({"platform": ["youtube", "instagram"], "handle": [channel, channel]})
    of_each = frame.select(canonical_handles(pl.col("handle"), pl.col("platform")))["handle"]
    assert of_each.to_list() == [channel, channel.lower()]


@given(st.from_regex(r"[0-9]{1,25}", fullmatch=True))
def test_numbers_are_left_alone(number: str) -> None:
    assert canonical_handle(number) == number


@pytest.mark.parametrize(
    ("text", "mixed"),
    [("mila", False), ("mil\u0430", True), ("\u043c\u0438\u043b\u0430", False), ("\u03b1b", True), ("a1_", False)],
)
def test_letters_that_look_like_others_are_noticed(text: str, mixed: bool) -> None:
    assert mixes_scripts(text) is mixed
