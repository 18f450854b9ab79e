"""Likeness of handles and names between accounts on different platforms, and what it is worth.

The weakest evidence there is, and often the only one. It counts by how much there is to be alike (a word of twelve
letters is rarely chosen twice, one of four is), never for words that anybody uses, and less where the same form stands
on several accounts of one platform, since it can then be but one of them. The tables below were chosen on one half of
the reference data and are measured on the other by ``benchmarks/identity.py``.
"""

from __future__ import annotations

import polars as pl

from creator_assets.identity.comparison import (
    comparable,
    first_word,
    handle_core,
    is_generic,
    latin_part,
    letters_worth,
    skeleton,
)
from creator_assets.identity.evidence import LINK_SCHEMA, Kind

WORTH: dict[Kind, tuple[tuple[int, float], ...]] = {
    # From so many letters on (an East Asian one counts for two), such a confidence; fewer letters are no evidence.
    Kind.SAME_HANDLE: ((3, 0.40), (5, 0.65), (6, 0.75), (8, 0.85), (12, 0.90)),
    Kind.SAME_NAME: ((3, 0.40), (5, 0.60), (7, 0.80), (10, 0.85)),
    Kind.NAME_IS_HANDLE: ((4, 0.65), (6, 0.85), (9, 0.90)),
    Kind.NAME_STARTS_HANDLE: ((5, 0.45), (8, 0.55)),
    Kind.LOOKALIKE_HANDLE: ((5, 0.30),),
}
SHARING_MAX = 20  # a form on more accounts than this says nothing about any, and would make too many pairs
UNEQUAL_AUDIENCE = 1000  # so many times the followers: rather a fan's account or an imitation
UNEQUAL_FACTOR = 0.5

_ACCOUNT = ("account_id", "platform", "followers")


def likeness_links(accounts: pl.DataFrame) -> pl.DataFrame:
    """Links between accounts on different platforms whose handles or names are alike.

    Args:
        accounts: ``account_id``, ``platform``, ``handle``, ``display_name`` and ``followers``; nulls where unknown. A
            handle that is an id (such as a channel's) must be null.

    Returns:
        Links as in ``evidence``, with ``source`` ``likeness``.
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
        _alike(forms, "handle", "handle", Kind.SAME_HANDLE),
        _alike(forms, "name", "name", Kind.SAME_NAME),
        _alike(forms, "typed", "core", Kind.NAME_IS_HANDLE),
        _alike(forms, "typed", "start", Kind.NAME_STARTS_HANDLE),
        _alike(forms, "skeleton", "skeleton", Kind.LOOKALIKE_HANDLE),
    ]
    return pl.concat(links)


def _alike(forms: pl.DataFrame, left: str, right: str, kind: Kind) -> pl.DataFrame:
    """Links between accounts one of whose `left` forms is another's `right` form."""
    here, there = _keyed(forms, left, kind), _keyed(forms, right, kind)
    pairs = here.join(there, on="key", suffix="_other").filter(pl.col("platform") != pl.col("platform_other"))
    if kind is Kind.LOOKALIKE_HANDLE:
        pairs = pairs.filter(pl.col("handle") != pl.col("handle_other"))
    followers, others = pl.col("followers"), pl.col("followers_other")
    unequal = pl.max_horizontal(followers, others) > UNEQUAL_AUDIENCE * pl.min_horizontal(followers, others)
    one, other = pl.col("account_id"), pl.col("account_id_other")
    worth = _confidence(kind) / pl.max_horizontal("sharing", "sharing_other")
    known = followers.is_not_null() & others.is_not_null()
    return (
        pairs.select(
            account_id=pl.min_horizontal(one, other),
            other_account_id=pl.max_horizontal(one, other),
            kind=pl.lit(kind.value),
            source=pl.lit("likeness"),
            confidence=pl.when(known & unequal).then(worth * UNEQUAL_FACTOR).otherwise(worth),
        )
        .cast(LINK_SCHEMA)  # type: ignore[arg-type]
        .filter(pl.col("confidence") > 0)
        .unique()
    )


def _keyed(forms: pl.DataFrame, form: str, kind: Kind) -> pl.DataFrame:
    """Accounts with a form that can be evidence, and how many of their platform share it."""
    least = WORTH[kind][0][0]
    return (
        forms.select(*_ACCOUNT, "handle", key=form)
        .filter(pl.col("key").is_not_null() & ~is_generic(pl.col("key")) & (letters_worth(pl.col("key")) >= least))
        .with_columns(sharing=pl.len().over("platform", "key"))
        .filter(pl.len().over("key") <= SHARING_MAX)
    )


def _confidence(kind: Kind) -> pl.Expr:
    worth = letters_worth(pl.col("key"))
    confidence = pl.lit(0.0)
    for least, value in WORTH[kind]:
        confidence = pl.when(worth >= least).then(value).otherwise(confidence)
    return confidence
