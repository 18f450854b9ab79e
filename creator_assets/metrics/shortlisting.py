"""The shortlist rule: it ranks the discovered creators, selects the best, and gives a reason for each other creator.

The score is a weighted sum of ranks among the creators of the same platform: engagement 0.5, reach 0.3, best place in a
provider's order 0.2. The rule uses ranks instead of values, because followers are heavy-tailed. Engagement is ranked
among the rates of one provider on one platform: others have another definition and cannot be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from creator_assets.handles import canonical_handle, canonical_handles, is_channel_id

RULE_VERSION = "shortlist.2"
WEIGHTS = {"engagement": 0.5, "reach": 0.3, "position": 0.2}

# The brief's own roster is always selected and does not count towards `top`.
REASON_ROSTER = "on the roster"
REASON_RANKED = "among the best"
REASON_EXCLUDED = "excluded by the brief"
REASON_UNKNOWN_ENGAGEMENT = "engagement unknown"
REASON_LOW_ENGAGEMENT = "engagement below the minimum"
REASON_BEYOND_TOP = "beyond the best"

_ORIGINS = ("search", "lookalike", "roster")


def shortlist(found: pl.DataFrame, *, top: int, min_engagement_rate: float, exclude: Sequence[str]) -> pl.DataFrame:
    """Rank the creators of one partition and select the best.

    Args:
        found: Rows of ``schemas.DiscoveryResults``.
        top: Number of creators to select, without the roster.
        min_engagement_rate: Minimum, as a fraction. Above 0, creators with unknown engagement are left out.
        exclude: Handles or channel ids to leave out, in any spelling.

    Returns:
        Rows of ``schemas.Shortlist``: one row per creator, selected or not, with the reason.
    """
    candidates = _one_row_each(_excluding(_spelled(found), exclude))
    scored = candidates.with_columns(
        score_engagement=_rank("engagement_rate", "platform", "provider"),
        score_reach=_rank("followers", "platform"),
        score_position=pl.when(pl.col("best_rank").is_not_null())
        .then(1 / pl.col("best_rank").cast(pl.Float64))
        .otherwise(0),
    ).with_columns(score=sum(weight * pl.col(f"score_{part}") for part, weight in WEIGHTS.items()))
    barred = (
        pl.when("is_excluded")
        .then(pl.lit(REASON_EXCLUDED))
        .when(pl.col("on_roster"))
        .then(pl.lit(REASON_ROSTER))
        .when(pl.lit(min_engagement_rate > 0) & pl.col("engagement_rate").is_null())
        .then(pl.lit(REASON_UNKNOWN_ENGAGEMENT))
        .when(pl.col("engagement_rate") < min_engagement_rate)
        .then(pl.lit(REASON_LOW_ENGAGEMENT))
    )
    order = scored.with_columns(reason=barred).sort(
        pl.col("reason") == REASON_ROSTER, "score", "followers", "platform", "username",
        descending=[True, True, True, False, False], nulls_last=True,
    )  # fmt: skip
    ranked = pl.col("reason").is_null()
    reasons = (
        pl.when(ranked & (ranked.cum_sum() <= top)).then(pl.lit(REASON_RANKED)).otherwise(pl.lit(REASON_BEYOND_TOP))
    )
    chosen = pl.col("reason").is_in([REASON_ROSTER, REASON_RANKED])
    return (
        order.with_columns(reason=pl.coalesce("reason", reasons))
        .with_columns(selected=chosen, rule_version=pl.lit(RULE_VERSION))
        .with_columns(place=pl.when(chosen).then(chosen.cum_sum().cast(pl.Int64)))
    )


def engagement_rates(shortlist: pl.DataFrame) -> dict[str, dict[str, float | int | None]]:
    """The rates by provider and platform, whose definitions differ.

    Args:
        shortlist: Rows of ``schemas.Shortlist``.

    Returns:
        By ``<provider> on <platform>``: ``creators`` with a rate, ``below_minimum`` of them, ``median`` as a fraction.
    """
    rated = shortlist.filter(pl.col("engagement_rate").is_not_null())
    kinds = rated.group_by("provider", "platform").agg(
        creators=pl.len(),
        below_minimum=(pl.col("reason") == REASON_LOW_ENGAGEMENT).sum(),
        median=pl.col("engagement_rate").median(),
    )
    return {
        f"{one['provider']} on {one['platform']}": {name: one[name] for name in ("creators", "below_minimum", "median")}
        for one in kinds.sort("provider", "platform").iter_rows(named=True)
    }


def _spelled(found: pl.DataFrame) -> pl.DataFrame:
    """The same rows with handles in their one spelling, whatever wrote them; without rows that name nobody."""
    spelled = canonical_handles(pl.col("username"), pl.col("platform"))
    return found.with_columns(username=spelled).filter(pl.col("username").is_not_null())


def _excluding(found: pl.DataFrame, exclude: Sequence[str]) -> pl.DataFrame:
    """The same rows, each with whether the brief excludes it by its handle or the id of its channel."""
    # On YouTube what looks like a channel's id is one; on other platforms it is a handle.
    names = {spelling for handle in exclude for spelling in (canonical_handle(handle), canonical_handle(handle, ""))}
    channels = [name for name in names if is_channel_id(name)]
    by_id = pl.col("native_id").is_in(channels).fill_null(value=False)
    return found.with_columns(is_excluded=pl.col("username").is_in(list(names)) | by_id)


def _one_row_each(found: pl.DataFrame) -> pl.DataFrame:
    """Return one row per account: the values of its best origin, and all its origins."""
    way = (
        pl.when(pl.col("origin_name") == "")
        .then(pl.col("origin"))
        .otherwise(pl.format("{}:{}", "origin", "origin_name"))
    )
    preference = pl.col("origin").replace_strict(
        {origin: place for place, origin in enumerate(_ORIGINS)}, default=len(_ORIGINS)
    )
    by_provider = pl.col("rank").filter(pl.col("origin") != "roster")
    in_order = found.with_columns(way=way, preference=preference).sort("preference", "rank", "origin_name")
    is_name = ~pl.col("username").map_elements(is_channel_id, return_dtype=pl.Boolean)
    return (
        in_order.with_columns(account=pl.Series(_accounts(in_order), dtype=pl.Int64))
        .group_by("platform", "account", maintain_order=True)
        .agg(
            pl.col("provider", "provider_id", "followers", "engagement_rate", "observed_at").first(),
            # The id of a channel is a handle only where nobody knows another one.
            username=pl.coalesce(pl.col("username").filter(is_name).first(), pl.col("username").first()),
            written_handle=pl.col("written_handle").drop_nulls().first(),
            native_id=pl.col("native_id").drop_nulls().first(),
            origins=pl.col("way").unique(maintain_order=True).str.join(", "),
            on_roster=(pl.col("origin") == "roster").any(),
            is_excluded=pl.col("is_excluded").any(),
            best_rank=by_provider.min(),
        )
        .drop("account")
    )


def _accounts(found: pl.DataFrame) -> list[int]:
    """A number for each row, the same for all rows of one account.

    Rows are of one account if they share the platform's id, a provider's id or the handle, also by way of other rows:
    an account may be found under two handles, or by the id of its channel in the roster and by its handle in a search.
    """
    leads_to: dict[tuple[str, ...], tuple[str, ...]] = {}

    def root(key: tuple[str, ...]) -> tuple[str, ...]:
        while (above := leads_to.setdefault(key, key)) != key:
            leads_to[key] = key = leads_to[above]
        return key

    handles = []
    rows = found.select("platform", "username", "native_id", "provider", "provider_id").iter_rows()
    for platform, username, native_id, provider, provider_id in rows:
        handle = ("handle", platform, username)
        channel = username if is_channel_id(username) else None
        handles.append(handle)
        for known in {native_id, channel} - {None}:
            leads_to[root(("native", platform, known))] = root(handle)
        if provider_id is not None:
            leads_to[root(("provider", platform, provider, provider_id))] = root(handle)
    numbers: dict[tuple[str, ...], int] = {}
    return [numbers.setdefault(root(handle), len(numbers)) for handle in handles]


def _rank(column: str, *within: str) -> pl.Expr:
    """Rank among the known values of a group, from 0 (lowest) to 1 (highest); 0 if the value is unknown."""
    known = pl.col(column).count().over(within)
    place = (pl.col(column).rank("average").over(within) - 1) / (known - 1)
    return pl.when(known > 1).then(place.fill_null(0)).otherwise(pl.col(column).is_not_null().cast(pl.Float64))
