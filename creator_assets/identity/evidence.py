"""What speaks for two accounts being one person's: who says so, and how sure that makes us.

Each function turns one kind of observation into links: ``account_id``, ``other_account_id`` (the smaller id first),
``kind``, ``source`` and ``confidence`` in 0..1. `combined` makes one confidence of all links between two accounts.
Likeness of handles and names is the subject of ``likeness``, what links lead to that of ``people``.

How confidences arise. Those of likeness were chosen on one half of the reference data and set below what was seen
there, for its stated pairs are of a niche with rare names; ``benchmarks/identity.py`` measures them on the other half.
No reference exists for what providers state, for links in profiles and for shared addresses: theirs are judgements, set
so that a statement or two profiles that link each other suffice, and one profile's link or one address does not by
itself carry further than the two accounts that it names.
"""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from creator_assets.identity.comparison import exact_handle

LINK_SCHEMA = {
    "account_id": pl.String,
    "other_account_id": pl.String,
    "kind": pl.String,
    "source": pl.String,
    "confidence": pl.Float64,
}


class Kind(StrEnum):
    """What speaks for a link."""

    DECIDED = "decided"  # a person of the team said so
    STATED = "stated"  # a provider lists both as one creator's
    MUTUAL_LINK = "mutual_link"  # each profile links the other
    PROFILE_LINK = "profile_link"  # one profile links the other
    SHARED_EMAIL = "shared_email"  # both show the same address, known only as its keyed hash
    SAME_HANDLE = "same_handle"
    SAME_NAME = "same_name"
    NAME_IS_HANDLE = "name_is_handle"  # the name of one is the handle of the other
    NAME_STARTS_HANDLE = "name_starts_handle"  # ... is the first word of the other's handle
    LOOKALIKE_HANDLE = "lookalike_handle"  # equal only to the eye: rather an imitation


CONFIDENCE = {
    Kind.DECIDED: 1.0,
    Kind.STATED: 0.95,
    Kind.MUTUAL_LINK: 0.97,
    Kind.PROFILE_LINK: 0.75,
    Kind.SHARED_EMAIL: 0.85,
}
LIKENESS = (
    Kind.SAME_HANDLE,
    Kind.SAME_NAME,
    Kind.NAME_IS_HANDLE,
    Kind.NAME_STARTS_HANDLE,
    Kind.LOOKALIKE_HANDLE,
)

LIKENESS_MAX = 0.94  # anybody can call himself like somebody else: likeness alone is never strong evidence
CONFIDENCE_MAX = 0.999  # only a decision is certain
STATEMENT_ACCOUNTS_MAX = 30  # a statement about more accounts is a list of something else
EMAIL_ACCOUNTS_MAX = 6  # an address on more accounts is an agency's
_DIGITS = 6  # a threshold must not be missed by the last bit of a product

_PROFILE_URLS = {
    "instagram": r"instagram\.com/([a-z0-9._]{2,30})",
    "tiktok": r"tiktok\.com/@([a-z0-9._]{2,24})",
    "youtube": r"youtube\.com/(?:@|c/|user/)([\p{L}\p{N}._-]{3,30})",
    "twitch": r"twitch\.tv/([a-z0-9_]{3,25})",
    "twitter": r"(?:twitter|x)\.com/([a-z0-9_]{2,15})",
    "facebook": r"facebook\.com/([a-z0-9.]{5,50})",
}
_NAMED_HANDLES = {
    "instagram": r"(?:instagram|insta|ig)",
    "tiktok": r"(?:tiktok|tik tok)",
    "youtube": r"(?:youtube|yt)",
    "twitch": r"twitch",
    "twitter": r"twitter",
}
_CHANNEL_ID = r"youtube\.com/channel/(UC[A-Za-z0-9_-]{22})"
_NO_PROFILE = ("p", "reel", "reels", "explore", "stories", "home", "intent", "share", "watch", "videos", "directory")
_START = r"(?:^|[^\p{L}\p{N}.-])"


def stated_links(statements: pl.DataFrame) -> pl.DataFrame:
    """Links between all accounts that one answer of a provider gives as one creator's.

    Args:
        statements: ``source`` (who says so), ``statement_id`` (any key of the answer) and ``account_id``.
    """
    place = ["source", "statement_id"]
    listed = statements.select(*place, "account_id").drop_nulls().unique()
    listed = listed.filter(pl.len().over(place) <= STATEMENT_ACCOUNTS_MAX)
    pairs = listed.join(listed, on=place, suffix="_other").filter(pl.col("account_id") < pl.col("account_id_other"))
    return _links(pairs.rename({"account_id_other": "other_account_id"}), Kind.STATED, pl.col("source"))


def email_links(addresses: pl.DataFrame) -> pl.DataFrame:
    """Links between accounts that show the same address.

    An address on more than `EMAIL_ACCOUNTS_MAX` accounts, or on two of one platform, is taken for an agency's and links
    nobody. Whether addresses may be compared at all is for the caller to know.

    Args:
        addresses: ``account_id``, ``platform`` and ``email_hash``, a keyed hash.
    """
    shown = addresses.select("account_id", "platform", "email_hash").drop_nulls().unique()
    own = (pl.len().over("email_hash") <= EMAIL_ACCOUNTS_MAX) & (pl.len().over("email_hash", "platform") == 1)
    # Two steps: Polars computes a window inside a window once per group, each time over all rows.
    shown = shown.with_columns(is_own=own).filter(pl.col("is_own").all().over("email_hash")).drop("is_own")
    pairs = shown.join(shown, on="email_hash", suffix="_other").filter(
        pl.col("account_id") < pl.col("account_id_other")
    )
    return _links(pairs.rename({"account_id_other": "other_account_id"}), Kind.SHARED_EMAIL, pl.lit("email"))


def profile_links(accounts: pl.DataFrame) -> pl.DataFrame:
    """Links that the texts of profiles make to accounts among `accounts`.

    Many profiles link the same shop, label or friend: a link from n accounts of one platform counts 1/n for each.

    Args:
        accounts: ``account_id``, ``platform``, ``handle``, ``native_id`` and ``biography``.
    """
    named = _mentions(accounts)
    by_handle = accounts.select(other_account_id="account_id", to="platform", key=exact_handle(pl.col("handle")))
    by_id = accounts.select(other_account_id="account_id", to="platform", key="native_id")
    targets = pl.concat([by_handle, by_id]).drop_nulls().unique()
    targets = targets.filter(pl.len().over("to", "key") == 1)
    found = (
        named.join(targets, on=["to", "key"])
        .filter(pl.col("account_id") != pl.col("other_account_id"))
        .select("account_id", "platform", "other_account_id")
        .unique()
        .with_columns(sharing=pl.len().over("other_account_id", "platform"))
    )
    back = found.select(account_id="other_account_id", other_account_id="account_id")
    mutual = found.join(back, on=["account_id", "other_account_id"], how="semi")
    single = found.join(back, on=["account_id", "other_account_id"], how="anti")
    return pl.concat(
        [
            _links(mutual, Kind.MUTUAL_LINK, pl.lit("profile")),
            _links(single, Kind.PROFILE_LINK, pl.lit("profile"), 1 / pl.col("sharing")),
        ]
    )


def decided_links(decisions: pl.DataFrame) -> pl.DataFrame:
    """What people of the team decided to be one person's: ``account_id`` and ``other_account_id``."""
    return _links(decisions, Kind.DECIDED, pl.lit("team"))


def combined(links: pl.DataFrame) -> pl.DataFrame:
    """One row per pair of accounts, with one confidence of all that speaks for it.

    Independent evidence is combined as the chance that not all of it is wrong, 1 - (1 - a)(1 - b)... Of one kind from
    one source only the best counts. Likenesses depend on each other, so that together they stay below `LIKENESS_MAX`;
    the whole stays below `CONFIDENCE_MAX` unless somebody decided it.

    Args:
        links: As the functions here and in ``likeness`` return them, in any order, either account first.

    Returns:
        ``account_id`` < ``other_account_id``, ``evidence`` (kinds joined by ``+``) and ``confidence``; sorted.
    """
    pair = ["account_id", "other_account_id"]
    liked = pl.col("kind").is_in([str(kind) for kind in LIKENESS])
    doubt = (1 - pl.col("confidence")).product()
    best = _ordered(links).group_by(*pair, "kind", "source").agg(pl.col("confidence").max())
    families = (
        best.sort(*pair, "kind", "source")
        .with_columns(family=pl.when(liked).then(pl.lit("likeness")).otherwise(pl.concat_str("kind", "source")))
        .group_by(*pair, "family", maintain_order=True)
        .agg(confidence=1 - doubt)
        .with_columns(limit=pl.when(pl.col("family") == "likeness").then(LIKENESS_MAX).otherwise(1.0))
        .with_columns(confidence=pl.min_horizontal("confidence", "limit"))
    )
    evidence = best.group_by(pair).agg(evidence=pl.col("kind").unique().sort().str.join("+"))
    decided = pl.col("evidence").str.contains(Kind.DECIDED.value, literal=True)
    less = pl.min_horizontal(pl.col("confidence").round(_DIGITS), pl.lit(CONFIDENCE_MAX))
    return (
        families.group_by(*pair, maintain_order=True)
        .agg(confidence=1 - doubt)
        .join(evidence, on=pair)
        .select(*pair, "evidence", confidence=pl.when(decided).then(1.0).otherwise(less))
        .sort(pair)
    )


def _ordered(links: pl.DataFrame) -> pl.DataFrame:
    """Each link with the smaller id first, so that a link means the same whoever was looked at first."""
    one, other = pl.col("account_id"), pl.col("other_account_id")
    first, second = pl.min_horizontal(one, other), pl.max_horizontal(one, other)
    return links.filter(one != other).with_columns(account_id=first, other_account_id=second)


def _links(pairs: pl.DataFrame, kind: Kind, source: pl.Expr, factor: pl.Expr | float = 1.0) -> pl.DataFrame:
    confidence = pl.lit(CONFIDENCE[kind]) * factor
    return _ordered(
        pairs.select(
            "account_id", "other_account_id", kind=pl.lit(kind.value), source=source, confidence=confidence
        ).cast(LINK_SCHEMA)  # type: ignore[arg-type]
    ).unique()


def _mentions(accounts: pl.DataFrame) -> pl.DataFrame:
    """Accounts that texts name: ``account_id`` and ``platform`` of the text, ``to`` and ``key`` of what it names."""
    texts = accounts.select("account_id", "platform", text=pl.col("biography").str.normalize("NFKC")).drop_nulls()
    found = []
    for platform, pattern in _PROFILE_URLS.items():
        found.append(_named(texts, platform, rf"(?i){_START}(?:https?://)?(?:www\.|m\.)?{pattern}"))
    for platform, word in _NAMED_HANDLES.items():
        found.append(_named(texts, platform, rf"(?i){_START}{word}\s*[:\-|]?\s*@([\p{{L}}\p{{N}}._-]{{2,30}})"))
    handles = pl.concat(found).with_columns(key=exact_handle(pl.col("key")).str.strip_chars_end("."))
    channels = _named(texts, "youtube", _CHANNEL_ID)
    return pl.concat([handles.filter(~pl.col("key").is_in(_NO_PROFILE)), channels])


def _named(texts: pl.DataFrame, platform: str, pattern: str) -> pl.DataFrame:
    return (
        texts.with_columns(key=pl.col("text").str.extract_all(pattern))
        .explode("key", empty_as_null=True, keep_nulls=True)
        .drop_nulls()
        .select("account_id", "platform", to=pl.lit(platform), key=pl.col("key").str.extract(pattern, 1))
    )
