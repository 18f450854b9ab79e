"""Name similarity: links between accounts on different platforms that have similar handles or names.

This is the weakest evidence, and often the only evidence. A longer match counts more: two people rarely choose the same
word of twelve letters, but often the same word of four. Generic words never count. A form that several accounts of one
platform share counts less, because at most one of them can be right.

The confidences were chosen on one half of the reference data. ``benchmarks/identity.py`` measures them on the other.
"""

from __future__ import annotations

import polars as pl

from creator_assets.identity.comparison import (
    comparable,
    first_word,
    handle_core,
    is_generic,
    latin_part,
    skeleton,
    weighted_length,
)
from creator_assets.identity.evidence import LINK_SCHEMA, EvidenceKind

CONFIDENCE_BY_LENGTH: dict[EvidenceKind, tuple[tuple[int, float], ...]] = {
    # (weighted length, confidence) in rising order. A form shorter than the first length is no evidence.
    EvidenceKind.SAME_HANDLE: ((3, 0.40), (5, 0.65), (6, 0.75), (8, 0.85), (12, 0.90)),
    EvidenceKind.SAME_NAME: ((3, 0.40), (5, 0.60), (7, 0.80), (10, 0.85)),
    EvidenceKind.NAME_IS_HANDLE: ((4, 0.65), (6, 0.85), (9, 0.90)),
    EvidenceKind.NAME_STARTS_HANDLE: ((5, 0.45), (8, 0.55)),
    EvidenceKind.LOOKALIKE_HANDLE: ((5, 0.30),),
}
SHARING_MAX = 20  # a form on more accounts than this is no evidence, and would make too many pairs
AUDIENCE_RATIO_MAX = 1000  # beyond this ratio of followers, the smaller account is probably a fan's or an imitation
AUDIENCE_MISMATCH_FACTOR = 0.5

_ACCOUNT = ("account_id", "platform", "followers")


def name_similarity_links(accounts: pl.DataFrame) -> pl.DataFrame:
    """Link accounts on different platforms that have similar handles or names.

    Args:
        accounts: ``account_id``, ``platform``, ``handle``, ``display_name`` and ``followers``; null if unknown. A
            handle that is an id, for example a channel id, must be null.

    Returns:
        Links as in ``evidence``, with the ``source`` ``name_similarity``.
    """
    forms = accounts.select(
        *_ACCOUNT,
        handle=comparable(pl.col("handle")),
        core=handle_core(pl.col("handle")),
        start=first_word(pl.col("handle")),
        name=comparable(pl.col("display_name")),
        typed=latin_part(pl.col("display_name")),
    ).with_columns(skeleton=skeleton(pl.col("handle")))
    links = [
        _similar_pairs(forms, "handle", "handle", EvidenceKind.SAME_HANDLE),
        _similar_pairs(forms, "name", "name", EvidenceKind.SAME_NAME),
        _similar_pairs(forms, "typed", "core", EvidenceKind.NAME_IS_HANDLE),
        _similar_pairs(forms, "typed", "start", EvidenceKind.NAME_STARTS_HANDLE),
        _similar_pairs(forms, "skeleton", "skeleton", EvidenceKind.LOOKALIKE_HANDLE),
    ]
    return pl.concat(links)


def _similar_pairs(forms: pl.DataFrame, left: str, right: str, kind: EvidenceKind) -> pl.DataFrame:
    """Link accounts if the `left` form of one equals the `right` form of the other."""
    here, there = _keyed(forms, left, kind), _keyed(forms, right, kind)
    pairs = here.join(there, on="key", suffix="_other").filter(pl.col("platform") != pl.col("platform_other"))
    if kind is EvidenceKind.LOOKALIKE_HANDLE:
        pairs = pairs.filter(pl.col("handle") != pl.col("handle_other"))
    followers, others = pl.col("followers"), pl.col("followers_other")
    unequal = pl.max_horizontal(followers, others) > AUDIENCE_RATIO_MAX * pl.min_horizontal(followers, others)
    one, other = pl.col("account_id"), pl.col("account_id_other")
    confidence = _confidence(kind) / pl.max_horizontal("sharing", "sharing_other")
    known = followers.is_not_null() & others.is_not_null()
    return (
        pairs.select(
            account_id=pl.min_horizontal(one, other),
            other_account_id=pl.max_horizontal(one, other),
            kind=pl.lit(kind.value),
            source=pl.lit("name_similarity"),
            confidence=pl.when(known & unequal).then(confidence * AUDIENCE_MISMATCH_FACTOR).otherwise(confidence),
        )
        .cast(LINK_SCHEMA)  # type: ignore[arg-type]
        .filter(pl.col("confidence") > 0)
        .unique()
    )


def _keyed(forms: pl.DataFrame, form: str, kind: EvidenceKind) -> pl.DataFrame:
    """The accounts with a form that can be evidence, and how many accounts of the platform share the form."""
    least = CONFIDENCE_BY_LENGTH[kind][0][0]
    return (
        forms.select(*_ACCOUNT, "handle", key=form)
        .filter(pl.col("key").is_not_null() & ~is_generic(pl.col("key")) & (weighted_length(pl.col("key")) >= least))
        .with_columns(sharing=pl.len().over("platform", "key"))
        .filter(pl.len().over("key") <= SHARING_MAX)
    )


def _confidence(kind: EvidenceKind) -> pl.Expr:
    length = weighted_length(pl.col("key"))
    confidence = pl.lit(0.0)
    for least, value in CONFIDENCE_BY_LENGTH[kind]:
        confidence = pl.when(length >= least).then(value).otherwise(confidence)
    return confidence
