"""Which posts of a week are looked at more closely: those that engaged most, and, if wanted, only paid ones.

Likes and comments together are what every provider gives of a post; views are not. A post is taken to be paid for
where the provider says so, or where its creator says so by a hashtag that consumer-protection rules ask for.
"""

from __future__ import annotations

import polars as pl

# Hashtags in lower case; those that also mean something else (pub, partner) are left out.
DISCLOSURES = (
    "ad", "ads", "advert", "advertisement", "advertising", "sponsored", "sponsoredpost", "paidpartnership",
    "werbung", "anzeige", "bezahltewerbung", "publicidad", "publi", "patrocinado", "publicite", "publicité",
    "partenariatremunere", "partenariatrémunéré", "pubblicita", "pubblicità", "adv", "sponsorizzato", "reklama",
    "reklame", "reklam", "reklaam", "annons", "mainos", "spon", "gesponsord", "advertentie",
)  # fmt: skip


def is_sponsored() -> pl.Expr:
    """Whether a row of ``schemas.Content`` is a paid post, as far as provider or creator say so."""
    disclosed = pl.col("hashtags").list.eval(pl.element().str.to_lowercase().is_in(DISCLOSURES)).list.any()
    return pl.col("is_sponsored").fill_null(value=False) | disclosed.fill_null(value=False)


def best_posts(content: pl.DataFrame, top: int, *, only_sponsored: bool = False) -> pl.DataFrame:
    """The posts that engaged most, the best first; equal ones by the newest.

    Args:
        content: Rows of ``schemas.Content``.
        top: How many at most.
        only_sponsored: Leave posts out that nobody calls paid for.

    Returns:
        ``platform``, ``post_id`` (the platform's own id of the post, else the provider's), the ``provider`` that listed
        it, ``username`` and ``url``, each post once.
    """
    engagement = pl.col("likes").fill_null(0) + pl.col("comments").fill_null(0)
    post_id = pl.coalesce("native_id", "content_id")
    return (
        content.filter(is_sponsored() if only_sponsored else pl.lit(value=True))
        .with_columns(engagement=engagement, post_id=post_id)
        .sort("engagement", "published_at", "platform", "post_id", "provider",
              descending=[True, True, False, False, False], nulls_last=True)
        .unique(["platform", "post_id"], keep="first", maintain_order=True)
        .head(top)
        .select("platform", "post_id", "provider", "username", "url")
    )  # fmt: skip
