"""Selection of the posts of a week for details: the ones with the most engagement, optionally only paid posts.

Engagement is likes plus comments, because every provider has both, but not views. Posts of others, such as the partner
of a collaboration, are never selected.
"""

from __future__ import annotations

import polars as pl

from creator_assets.handles import CHANNEL_ID, canonical_handles
from creator_assets.metrics.disclosures import HASHTAGS, discloses


def is_sponsored() -> pl.Expr:
    """Whether the provider marks a row of ``schemas.Content`` as a paid post, or its hashtags or caption say so."""
    tagged = pl.col("hashtags").list.eval(pl.element().str.to_lowercase().is_in(HASHTAGS)).list.any()
    said = (pl.col("is_sponsored"), tagged, discloses(pl.col("caption")))
    return pl.any_horizontal(one.fill_null(value=False) for one in said)


def is_own() -> pl.Expr:
    """Whether the creator wrote the post, or nothing says who did.

    The id of a YouTube channel and a handle may name one channel, so neither says that the other is somebody else.
    """
    author, creator = canonical_handles(pl.col("author")), canonical_handles(pl.col("username"))
    comparable = author.str.contains(CHANNEL_ID) == creator.str.contains(CHANNEL_ID)
    return (~comparable | (author == creator)).fill_null(value=True)


def best_posts(content: pl.DataFrame, top: int, *, only_sponsored: bool = False) -> pl.DataFrame:
    """Return the creator's own posts with the most engagement, best first. Among equal posts the newest comes first.

    Hidden likes are unknown, not 0: such posts come after those with known likes, by their comments.

    Args:
        content: Rows of ``schemas.Content``.
        top: Maximum number of posts.
        only_sponsored: Leave out posts that are not marked as paid.

    Returns:
        ``platform``, ``post_id`` (the platform's own id of the post, else the provider's), the ``provider`` that listed
        the post, ``username`` and ``url``. Each post has one row.
    """
    engagement = pl.col("likes") + pl.col("comments").fill_null(0)
    post_id = pl.coalesce("native_id", "content_id")
    return (
        content.filter(is_own(), is_sponsored() if only_sponsored else pl.lit(value=True))
        .with_columns(engagement=engagement, post_id=post_id)
        .sort("engagement", pl.when(pl.col("likes").is_null()).then("comments"), "published_at", "platform", "post_id",
              "provider", descending=[True, True, True, False, False, False], nulls_last=True)
        .unique(["platform", "post_id"], keep="first", maintain_order=True)
        .head(top)
        .select("platform", "post_id", "provider", "username", "url")
    )  # fmt: skip
