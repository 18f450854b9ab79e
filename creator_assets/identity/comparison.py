"""Forms of handles and names in which they can be compared; never shown, never stored in place of the original.

Polars expressions only. Two forms for two questions: ``exact_handle`` says whether two handles are the same address on
one platform, ``comparable`` whether two texts would be read as the same word. What a likeness is worth as evidence
belongs to ``likeness``.
"""

# ruff: noqa: RUF001 -- letters that can be taken for others are what this is about

from __future__ import annotations

import polars as pl

# Format and control characters: zero-width spaces and joiners, soft hyphens, marks and overrides of direction, tags;
# and the fillers and the blank pattern that count as letters or symbols but show nothing.
_INVISIBLE = (
    r"[\p{Cf}\p{Cc}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{3164}\u{FFA0}\u{2800}\u{034F}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]"
)
_LATIN_ACCENTS = r"[\u{0300}-\u{036F}]"  # other scripts' marks are vowels and stay
_NO_LETTER = r"[^\p{L}\p{M}\p{N}]"
_TWO_LETTERS_WORTH = r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]"

# Lower-case letters that normalisation leaves apart although they are one letter written otherwise.
_SPELLINGS = {"ß": "ss", "ς": "σ", "ı": "i", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}

# The usual look-alikes, after lower-casing: Cyrillic, Greek and small capitals that pass for Latin letters. A short
# list on purpose (Unicode's confusables.txt has thousands): it only warns, see `likeness`.
_LOOKALIKES = (
    dict(zip("асеорхуіјѕһԁԛԝкмтвнгп", "aceopxyijshdqwkmtbhrn", strict=True))
    | dict(zip("αβεηικνορτυχγω", "abenikvoptuxyw", strict=True))
    | dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
    | {"ɑ": "a", "ɡ": "g", "ⅼ": "l", "ǀ": "l"}
)

# Words that say what an account is rather than whose: cut off a handle's ends, and no evidence by themselves.
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


def exact_handle(handle: pl.Expr) -> pl.Expr:
    """The handle as its platform tells it from others: no leading @, no invisible characters, no case.

    Dots and underscores stay: ``a.b`` and ``ab`` are two accounts. Null where nothing is left.
    """
    form = _visible(handle).str.strip_chars().str.strip_chars_start("@ ").str.to_lowercase()
    return pl.when(form != "").then(form)


def comparable(text: pl.Expr) -> pl.Expr:
    """Letters and digits alone, without case, accents, compatibility forms, emoji, punctuation and invisible marks.

    Null where nothing is left.
    """
    form = _letters(text).str.replace_all(_NO_LETTER, "")
    return pl.when(form != "").then(form)


def skeleton(comparable_text: pl.Expr) -> pl.Expr:
    """A comparable form with look-alike letters exchanged for the Latin ones, where it is wholly Latin then.

    Equal skeletons of unequal forms are a sign of imitation, not of sameness.
    """
    folded = comparable_text.str.replace_many(list(_LOOKALIKES), list(_LOOKALIKES.values()))
    return pl.when(folded.str.contains(r"^[a-z0-9]+$")).then(folded).otherwise(comparable_text)


def latin_part(name: pl.Expr) -> pl.Expr:
    """What of a name could be typed into a handle: its Latin letters and digits. Null where there are none."""
    form = _letters(name).str.replace_all(r"[^a-z0-9]", "")
    return pl.when(form != "").then(form)


def handle_core(handle: pl.Expr) -> pl.Expr:
    """The handle's comparable form without what is only attached: ``official``, ``tv`` and the like, trailing digits.

    Cut at most twice at the end and once at the front; null where fewer than four letters are left.
    """
    form = comparable(handle)
    for _ in range(2):
        form = form.str.replace(_CUT_AFTER, "").str.replace(r"\p{N}+$", "")
    form = form.str.replace(_CUT_BEFORE, "")
    return pl.when(form.str.len_chars() >= 4).then(form)


def first_word(handle: pl.Expr) -> pl.Expr:
    """The handle's comparable form up to its first dot, underscore, hyphen or digit; null where it has none."""
    return comparable(exact_handle(handle).str.extract(r"^(\p{L}+)[._\-0-9]", 1))


def is_generic(comparable_text: pl.Expr) -> pl.Expr:
    """Whether a comparable form consists of words anybody uses and digits, like ``fitnesstv24`` or ``user123``."""
    return comparable_text.str.contains(_GENERIC)


def letters_worth(comparable_text: pl.Expr) -> pl.Expr:
    """Length as a measure of distinctness: letters, where one of the East Asian scripts counts for two."""
    return comparable_text.str.len_chars().cast(pl.Int64) + comparable_text.str.count_matches(_TWO_LETTERS_WORTH).cast(
        pl.Int64
    )


def _visible(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.replace_all(_INVISIBLE, "")


def _letters(text: pl.Expr) -> pl.Expr:
    # Decomposed to take the accents off, composed again for Hangul; case first, as that can bring accents.
    form = _visible(text).str.to_lowercase().str.normalize("NFKD").str.replace_all(_LATIN_ACCENTS, "")
    return form.str.normalize("NFKC").str.replace_many(list(_SPELLINGS), list(_SPELLINGS.values()))
