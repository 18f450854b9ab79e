"""Evidence that two accounts belong to one person: its source, and how confident it makes us.

Each function turns one kind of observation into links: ``account_id``, ``other_account_id`` (the smaller id first),
``kind``, ``source`` and ``confidence`` in 0..1. `combined` computes one confidence from all links between two accounts.
Links from similar handles and names are in ``name_similarity``. ``people`` decides what links lead to.

How the confidences were chosen. Those of name similarity come from one half of the reference data, and
``benchmarks/identity.py`` measures them on the other half. They are lower than the measured values, because the pairs
of the reference are from a niche with rare names.
There is no reference for provider statements, profile links and shared addresses. Their confidences are our judgement:
a statement, or two profiles that link each other, suffices to join accounts. One profile link or one address never
joins more than its own two accounts.
"""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from creator_assets.handles import canonical_handles

LINK_SCHEMA = {
    "account_id": pl.String,
    "other_account_id": pl.String,
    "kind": pl.String,
    "source": pl.String,
    "confidence": pl.Float64,
}


class EvidenceKind(StrEnum):
    """What kind of evidence a link is."""

    DECIDED = "decided"  # the team decided it
    STATED = "stated"  # a provider lists both accounts for one creator
    MUTUAL_LINK = "mutual_link"  # each profile links the other
    PROFILE_LINK = "profile_link"  # one profile links the other
    SHARED_EMAIL = "shared_email"  # both show the same e-mail address, compared by keyed hash
    SAME_HANDLE = "same_handle"
    SAME_NAME = "same_name"
    NAME_IS_HANDLE = "name_is_handle"  # the name of one is the handle of the other
    NAME_STARTS_HANDLE = "name_starts_handle"  # the name of one is the first word of the other's handle
    LOOKALIKE_HANDLE = "lookalike_handle"  # equal only with look-alike letters: probably an imitation


CONFIDENCE = {
    EvidenceKind.DECIDED: 1.0,
    EvidenceKind.STATED: 0.95,
    EvidenceKind.MUTUAL_LINK: 0.97,
    EvidenceKind.PROFILE_LINK: 0.75,
    EvidenceKind.SHARED_EMAIL: 0.85,
}
NAME_SIMILARITY_KINDS = (
    EvidenceKind.SAME_HANDLE,
    EvidenceKind.SAME_NAME,
    EvidenceKind.NAME_IS_HANDLE,
    EvidenceKind.NAME_STARTS_HANDLE,
    EvidenceKind.LOOKALIKE_HANDLE,
)

NAME_SIMILARITY_MAX = 0.94  # anybody can use another person's name, so this alone is never strong evidence
CONFIDENCE_MAX = 0.999  # only a decision is certain
STATEMENT_ACCOUNTS_MAX = 30  # a statement with more accounts is not about one person
EMAIL_ACCOUNTS_MAX = 6  # an address on more accounts belongs to an agency
_DIGITS = 6  # rounding, so that a floating-point error cannot miss a threshold

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
_NOT_A_PROFILE = ("p", "reel", "reels", "explore", "stories", "home", "intent", "share", "watch", "videos", "directory")
_START = r"(?:^|[^\p{L}\p{N}.-])"


def stated_links(statements: pl.DataFrame) -> pl.DataFrame:
    """Link all accounts that one response of a provider lists for one creator.

    Args:
        statements: ``source`` (the provider), ``statement_id`` (any key of the response) and ``account_id``.
    """
    place = ["source", "statement_id"]
    listed = statements.select(*place, "account_id").drop_nulls().unique()
    listed = listed.filter(pl.len().over(place) <= STATEMENT_ACCOUNTS_MAX)
    pairs = listed.join(listed, on=place, suffix="_other").filter(pl.col("account_id") < pl.col("account_id_other"))
    return _links(pairs.rename({"account_id_other": "other_account_id"}), EvidenceKind.STATED, pl.col("source"))


def email_links(addresses: pl.DataFrame) -> pl.DataFrame:
    """Link accounts that show the same e-mail address.

    An address on more than `EMAIL_ACCOUNTS_MAX` accounts, or on two accounts of one platform, counts as an agency's
    address and links nothing. The caller is responsible for the legal basis of the comparison.

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
    return _links(pairs.rename({"account_id_other": "other_account_id"}), EvidenceKind.SHARED_EMAIL, pl.lit("email"))


def profile_links(accounts: pl.DataFrame) -> pl.DataFrame:
    """Link accounts by the links and handles in their profile texts.

    Many profiles link the same shop, label or friend. If n accounts of one platform link one account, each link counts
    1/n.

    Args:
        accounts: ``account_id``, ``platform``, ``handle``, ``native_id`` and ``biography``.
    """
    named = _mentions(accounts)
    by_handle = accounts.select(
        other_account_id="account_id", to="platform", key=canonical_handles(pl.col("handle"), pl.col("platform"))
    )
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
            _links(mutual, EvidenceKind.MUTUAL_LINK, pl.lit("profile")),
            _links(single, EvidenceKind.PROFILE_LINK, pl.lit("profile"), 1 / pl.col("sharing")),
        ]
    )


def decided_links(decisions: pl.DataFrame) -> pl.DataFrame:
    """Link the accounts that the team decided to be one person's: ``account_id`` and ``other_account_id``."""
    return _links(decisions, EvidenceKind.DECIDED, pl.lit("team"))


def combined(links: pl.DataFrame) -> pl.DataFrame:
    """Combine all links between two accounts into one confidence.

    The result is the probability that not all evidence is wrong, 1 - (1 - a)(1 - b)..., as if the evidence were
    independent. Only the best link counts for each kind and source. Handles and names depend on each other, so their
    combined confidence is at most `NAME_SIMILARITY_MAX`. The total is at most `CONFIDENCE_MAX`, except for a decision
    of the team.

    Args:
        links: Links from this module and ``name_similarity``, in any order and with either account first.

    Returns:
        One row per pair: ``account_id`` < ``other_account_id``, ``evidence`` (kinds joined by ``+``) and
        ``confidence``. Sorted by the pair.
    """
    pair = ["account_id", "other_account_id"]
    is_similarity = pl.col("kind").is_in([str(kind) for kind in NAME_SIMILARITY_KINDS])
    doubt = (1 - pl.col("confidence")).product()
    best = _ordered(links).group_by(*pair, "kind", "source").agg(pl.col("confidence").max())
    groups = (
        best.sort(*pair, "kind", "source")
        .with_columns(
            group=pl.when(is_similarity).then(pl.lit("name_similarity")).otherwise(pl.concat_str("kind", "source"))
        )
        .group_by(*pair, "group", maintain_order=True)
        .agg(confidence=1 - doubt)
        .with_columns(limit=pl.when(pl.col("group") == "name_similarity").then(NAME_SIMILARITY_MAX).otherwise(1.0))
        .with_columns(confidence=pl.min_horizontal("confidence", "limit"))
    )
    evidence = best.group_by(pair).agg(evidence=pl.col("kind").unique().sort().str.join("+"))
    decided = pl.col("evidence").str.contains(EvidenceKind.DECIDED.value, literal=True)
    undecided = pl.min_horizontal(pl.col("confidence").round(_DIGITS), pl.lit(CONFIDENCE_MAX))
    return (
        groups.group_by(*pair, maintain_order=True)
        .agg(confidence=1 - doubt)
        .join(evidence, on=pair)
        .select(*pair, "evidence", confidence=pl.when(decided).then(1.0).otherwise(undecided))
        .sort(pair)
    )


def _ordered(links: pl.DataFrame) -> pl.DataFrame:
    """Each link with the smaller id first, so that a pair of accounts has one form."""
    one, other = pl.col("account_id"), pl.col("other_account_id")
    first, second = pl.min_horizontal(one, other), pl.max_horizontal(one, other)
    return links.filter(one != other).with_columns(account_id=first, other_account_id=second)


def _links(pairs: pl.DataFrame, kind: EvidenceKind, source: pl.Expr, factor: pl.Expr | float = 1.0) -> pl.DataFrame:
    confidence = pl.lit(CONFIDENCE[kind]) * factor
    return _ordered(
        pairs.select(
            "account_id", "other_account_id", kind=pl.lit(kind.value), source=source, confidence=confidence
        ).cast(LINK_SCHEMA)  # type: ignore[arg-type]
    ).unique()


def _mentions(accounts: pl.DataFrame) -> pl.DataFrame:
    """Accounts named in profile texts.

    Returns:
        ``account_id`` and ``platform`` of the profile, and platform (``to``) and handle or native id (``key``) of the
        named account.
    """
    texts = accounts.select("account_id", "platform", text=pl.col("biography").str.normalize("NFKC")).drop_nulls()
    found = []
    for platform, pattern in _PROFILE_URLS.items():
        found.append(_named(texts, platform, rf"(?i){_START}(?:https?://)?(?:www\.|m\.)?{pattern}"))
    for platform, word in _NAMED_HANDLES.items():
        found.append(_named(texts, platform, rf"(?i){_START}{word}\s*[:\-|]?\s*@([\p{{L}}\p{{N}}._-]{{2,30}})"))
    handles = pl.concat(found).with_columns(key=canonical_handles(pl.col("key"), pl.col("to")).str.strip_chars_end("."))
    channels = _named(texts, "youtube", _CHANNEL_ID)
    return pl.concat([handles.filter(~pl.col("key").is_in(_NOT_A_PROFILE)), channels])


def _named(texts: pl.DataFrame, platform: str, pattern: str) -> pl.DataFrame:
    return (
        texts.with_columns(key=pl.col("text").str.extract_all(pattern))
        .explode("key", empty_as_null=True, keep_nulls=True)
        .drop_nulls()
        .select("account_id", "platform", to=pl.lit(platform), key=pl.col("key").str.extract(pattern, 1))
    )
