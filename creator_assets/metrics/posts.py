"""Selection of the posts of a week for details: the ones with the most engagement, optionally only paid posts.

Engagement is likes plus comments, because every provider has both, but not views. A post counts as paid if the
provider says so, or if it has a hashtag that consumer-protection rules require.
"""

from __future__ import annotations

import polars as pl

# Hashtags in lower case, without ambiguous ones (pub, partner).
DISCLOSURES = (
    "ad", "ads", "advert", "advertisement", "advertising", "sponsored", "sponsoredpost", "paidpartnership",
    "werbung", "anzeige", "bezahltewerbung", "publicidad", "publi", "patrocinado", "publicite", "publicité",
    "partenariatremunere", "partenariatrémunéré", "pubblicita", "pubblicità", "adv", "sponsorizzato", "reklama",
    "reklame", "reklam", "reklaam", "annons", "mainos", "spon", "gesponsord", "advertentie",
)  # fmt: skip


def is_sponsored() -> pl.Expr:
    """Whether the provider or the creator marks a row of ``schemas.Content`` as a paid post."""
    disclosed = pl.col("hashtags").list.eval(pl.element().str.to_lowercase().is_in(DISCLOSURES)).list.any()
    return pl.col("is_sponsored").fill_null(value=False) | disclosed.fill_null(value=False)


def best_posts(content: pl.DataFrame, top: int, *, only_sponsored: bool = False) -> pl.DataFrame:
    """Return the posts with the most engagement, best first. Among equal posts the newest comes first.

    Args:
        content: Rows of ``schemas.Content``.
        top: Maximum number of posts.
        only_sponsored: Leave out posts that are not marked as paid.

    Returns:
        ``platform``, ``post_id`` (the platform's own id of the post, else the provider's), the ``provider`` that listed
        the post, ``username`` and ``url``. Each post has one row.
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
