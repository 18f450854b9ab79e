"""Forms of handles and names for comparison. They are never shown and never stored in place of the original.

Polars expressions only. ``comparable`` answers whether people read two texts as the same word. ``name_similarity`` says
how much a match counts as evidence. Whether two handles are one address on a platform belongs to ``handles``.
"""

# ruff: noqa: RUF001 -- look-alike letters are the subject of this module

from __future__ import annotations

import polars as pl

from creator_assets.handles import canonical_handles

# Format and control characters (zero-width spaces and joiners, soft hyphens, direction marks, tags). Also characters
# that Unicode counts as letters or symbols although they show nothing (fillers, the blank Braille pattern).
_INVISIBLE = (
    r"[\p{Cf}\p{Cc}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{3164}\u{FFA0}\u{2800}\u{034F}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]"
)
_LATIN_ACCENTS = r"[\u{0300}-\u{036F}]"  # marks of other scripts are vowels, so they stay
_NOT_ALPHANUMERIC = r"[^\p{L}\p{M}\p{N}]"
_DOUBLE_WEIGHT = r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]"

# Lower-case letters that Unicode normalisation does not reduce to their usual spelling.
_SPELLINGS = {"ß": "ss", "ς": "σ", "ı": "i", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}

# The most common look-alikes of Latin letters, in lower case: Cyrillic, Greek and small capitals. The list is short on
# purpose (Unicode's confusables.txt has thousands), because a match is only a warning: see ``name_similarity``.
_LOOKALIKES = (
    dict(zip("асеорхуіјѕһԁԛԝкмтвнгп", "aceopxyijshdqwkmtbhrn", strict=True))
    | dict(zip("αβεηικνορτυχγω", "abenikvoptuxyw", strict=True))
    | dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
    | {"ɑ": "a", "ɡ": "g", "ⅼ": "l", "ǀ": "l"}
)

# Words that describe an account but do not identify it. `handle_core` cuts them off; alone they are no evidence.
AFFIXES = ("official", "oficial", "officiel", "offiziell", "vtuber", "twitch", "youtube", "tiktok", "insta", "gaming")
_SHORT_AFFIXES = ("tvt", "ttv", "vt", "tv", "yt", "ch", "real", "the")
_GENERIC_WORDS = (
    *AFFIXES, *_SHORT_AFFIXES,
    "admin", "account", "art", "beauty", "best", "blog", "brand", "business", "channel", "channels", "club", "comedy",
    "contact", "content", "cooking", "creator", "daily", "dance", "delivery", "deleted", "design", "edits", "fans",
    "fashion", "films", "fitness", "food", "football", "fun", "funny", "game", "games", "girl", "global", "group",
    "health", "hello", "help", "home", "info", "instagram", "life", "lifestyle", "live", "love", "makeup", "media",
    "memes", "mom", "movies", "music", "my", "name", "news", "not", "null", "found", "online", "page", "photo",
    "photography", "podcast", "pro", "private", "profile", "radio", "shop", "show", "sport", "sports", "store",
    "studio", "style", "support", "team", "tech", "test", "topic", "travel", "unknown", "user", "video", "videos",
    "viral", "vlog", "vlogs", "world",
)  # fmt: skip
_GENERIC = rf"^(?:{'|'.join(sorted(_GENERIC_WORDS, key=lambda word: (-len(word), word)))}|\p{{N}})+$"
_CUT_BEFORE = r"^(?:official|oficial|iam|its|the|real)"
_CUT_AFTER = rf"(?:{'|'.join((*AFFIXES, *_SHORT_AFFIXES))})$"


def comparable(text: pl.Expr) -> pl.Expr:
    """Letters and digits only, without case, accents, compatibility forms, emoji, punctuation and invisible marks.

    Null if nothing is left.
    """
    form = _letters(text).str.replace_all(_NOT_ALPHANUMERIC, "")
    return pl.when(form != "").then(form)


def skeleton(comparable_text: pl.Expr) -> pl.Expr:
    """A comparable form with look-alike letters replaced by Latin ones, if the result is purely Latin.

    If two forms differ and their skeletons are equal, one of them is probably an imitation.
    """
    folded = comparable_text.str.replace_many(list(_LOOKALIKES), list(_LOOKALIKES.values()))
    return pl.when(folded.str.contains(r"^[a-z0-9]+$")).then(folded).otherwise(comparable_text)


def latin_part(name: pl.Expr) -> pl.Expr:
    """The Latin letters and digits of a name, which a handle could contain. Null if there are none."""
    form = _letters(name).str.replace_all(r"[^a-z0-9]", "")
    return pl.when(form != "").then(form)


def handle_core(handle: pl.Expr) -> pl.Expr:
    """The handle's comparable form without affixes (``official``, ``tv`` and others) and trailing digits.

    Cuts at most twice at the end and once at the start. Null if fewer than four letters are left.
    """
    form = comparable(handle)
    for _ in range(2):
        form = form.str.replace(_CUT_AFTER, "").str.replace(r"\p{N}+$", "")
    form = form.str.replace(_CUT_BEFORE, "")
    return pl.when(form.str.len_chars() >= 4).then(form)


def first_word(handle: pl.Expr) -> pl.Expr:
    """The handle's comparable form before its first dot, underscore, hyphen or digit. Null if it has none of these."""
    return comparable(canonical_handles(handle).str.extract(r"^(\p{L}+)[._\-0-9]", 1))


def is_generic(comparable_text: pl.Expr) -> pl.Expr:
    """Whether a comparable form has only generic words and digits, for example ``fitnesstv24`` or ``user123``."""
    return comparable_text.str.contains(_GENERIC)


def weighted_length(comparable_text: pl.Expr) -> pl.Expr:
    """Length as a measure of distinctness, in letters. An East Asian letter counts twice."""
    return comparable_text.str.len_chars().cast(pl.Int64) + comparable_text.str.count_matches(_DOUBLE_WEIGHT).cast(
        pl.Int64
    )


def _visible(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.replace_all(_INVISIBLE, "")


def _letters(text: pl.Expr) -> pl.Expr:
    # Decompose to remove accents, then compose again for Hangul. Lower-case first, because that can add accents.
    form = _visible(text).str.to_lowercase().str.normalize("NFKD").str.replace_all(_LATIN_ACCENTS, "")
    return form.str.normalize("NFKC").str.replace_many(list(_SPELLINGS), list(_SPELLINGS.values()))
