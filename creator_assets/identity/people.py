"""Creator ids: groups of accounts that belong to one person, found from links and kept from run to run.

`find_people` is a pure function of accounts, links, decisions and its own last result. With the last result, accounts
that were together stay together, and creators keep their ids. New evidence only adds accounts or merges creators. After
a merge the oldest id remains, and the other becomes a row of ``changes``. Only a decision of the team splits a group.

``evidence`` and ``name_similarity`` provide the links. ``clusters`` has the rules for joining.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import polars as pl

from creator_assets.identity.clusters import Clusters, LinkRules, LinkVerdict, strongest_paths
from creator_assets.identity.evidence import combined
from creator_assets.identity.secret import InstallationSecret

_PAIR: dict[str, pl.DataType | type[pl.DataType]] = {"a": pl.UInt32, "b": pl.UInt32}
_PREVIOUS_COLUMNS = ("account_id", "creator_id", "creator_since", "linked_to", "evidence", "confidence")


class People(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `find_people`.

    Attributes:
        accounts: The input accounts with these columns. ``creator_id``. ``creator_since``: when the first account of
            the creator was first seen. ``linked_to``: the next account on the strongest path to the creator's first
            account. ``evidence``: for that link. ``confidence``: of the weakest link on the path. ``linked_to`` and
            ``evidence`` are null for the first account. Pass this frame as `previous` the next time.
        links: One row per pair of accounts with evidence, including links that joined nothing: ``account_id``,
            ``other_account_id``, ``evidence``, ``confidence`` and ``verdict`` (a ``clusters.LinkVerdict``).
        changes: ``kind`` (``creator_merged`` or ``creator_split``), ``creator_id`` (the old id) and
            ``new_creator_id``.
    """

    accounts: pl.DataFrame
    links: pl.DataFrame
    changes: pl.DataFrame


def find_people(
    accounts: pl.DataFrame,
    links: pl.DataFrame,
    secret: InstallationSecret,
    *,
    previous: pl.DataFrame | None = None,
    aliases: pl.DataFrame | None = None,
    apart: pl.DataFrame | None = None,
    rules: LinkRules | None = None,
) -> People:
    """Group accounts into people. The order of rows does not matter.

    Args:
        accounts: All known accounts, as ``accounts.resolve`` returns them: ``account_id``, ``platform``,
            ``founding_id`` and ``first_seen_at``. Other columns are kept.
        links: Links from ``evidence`` and ``name_similarity``. Links to unknown accounts are ignored.
        secret: The installation's secret. It derives a creator's id from the creator's first account.
        previous: ``People.accounts`` of the last run.
        aliases: ``Resolution.aliases`` of ``accounts.resolve``. They connect provisional ids in `previous` to accounts.
        apart: Pairs (``account_id``, ``other_account_id``) that the team decided to be two people's. They override all
            evidence and `previous`.
        rules: Thresholds. The benchmark measures the defaults.
    """
    known = accounts.sort("account_id").with_row_index("n")
    numbers = known.select("account_id", "n")
    before = _previous_by_number(previous, aliases, known)
    separated = _numbered(apart, numbers).select("a", "b") if apart is not None else pl.DataFrame(schema=_PAIR)
    dissolved = _dissolved(before, separated)
    kept = before.filter(~pl.col("creator_id").is_in(dissolved))
    # Numbers are several times faster to combine than ids.
    pairs = combined(_numbered(links, numbers).rename({"a": "account_id", "b": "other_account_id"}))
    pairs = pairs.rename({"account_id": "a", "other_account_id": "b"})
    pairs = _with_old_links(pairs, before.filter(pl.col("creator_id").is_in(dissolved)))
    pairs = pairs.sort("confidence", "a", "b", descending=[True, False, False])
    groups, verdicts = _clustered(known, kept, pairs, separated, rules or LinkRules())
    known = known.with_columns(group=pl.Series(groups, dtype=pl.Int64))
    first = known.sort("first_seen_at", "founding_id", "account_id").unique("group", keep="first", maintain_order=True)
    known = known.join(first.select("group", founder="n"), on="group")
    creators, changes = _creators(known, before, dissolved, secret)
    pairs = pairs.with_columns(verdict=pl.Series([str(one) for one in verdicts], dtype=pl.String))
    named = known.join(creators, on="group")
    return People(
        accounts=_with_strongest_links(
            named, pairs.filter(pl.col("verdict") == LinkVerdict.JOINED.value), kept, numbers
        ),
        links=_link_rows(pairs, numbers),
        changes=changes.sort("kind", "creator_id", "new_creator_id"),
    )


def _previous_by_number(
    previous: pl.DataFrame | None, aliases: pl.DataFrame | None, known: pl.DataFrame
) -> pl.DataFrame:
    """The last result for accounts that still exist: ``a`` is the account's number, ``b`` that of ``linked_to``."""
    since = known.schema["first_seen_at"]
    if previous is None:
        text = dict.fromkeys(("creator_id", "evidence"), pl.String)
        return pl.DataFrame(schema={**_PAIR, **text, "creator_since": since, "confidence": pl.Float64})
    numbers = known.select("account_id", "n")
    renamed = numbers.select(old="account_id", n="n")
    if aliases is not None:
        # Provisional ids that are no longer accounts. An id with two accounts goes to the earlier one.
        current = (
            aliases.join(numbers, left_on="alias_id", right_on="account_id", how="anti")
            .sort("first_seen_at", "account_id")
            .unique("alias_id", keep="first", maintain_order=True)
            .join(numbers, on="account_id")
        )
        renamed = pl.concat([renamed, current.select(old="alias_id", n="n")])
    return (
        previous.select(_PREVIOUS_COLUMNS)
        .join(renamed.select(account_id="old", a="n"), on="account_id")
        .join(renamed.select(linked_to="old", b="n"), on="linked_to", how="left")
        .select("a", "b", "creator_id", pl.col("creator_since").cast(since), "evidence", "confidence")
        .sort("creator_id", "a")
    )


def _numbered(pairs: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Pairs of accounts by their numbers, ``a`` < ``b``. Numbers have the same order as ids."""
    found = pairs.join(numbers.rename({"n": "_one"}), on="account_id").join(
        numbers.rename({"account_id": "other_account_id", "n": "_other"}), on="other_account_id"
    )
    numbered = found.with_columns(a=pl.min_horizontal("_one", "_other"), b=pl.max_horizontal("_one", "_other"))
    return numbered.drop("_one", "_other", "account_id", "other_account_id")


def _dissolved(before: pl.DataFrame, separated: pl.DataFrame) -> list[str]:
    """The creators with two accounts that the team decided to be two people's."""
    creators = before.select("a", "creator_id").unique()
    both = separated.join(creators, on="a").join(creators.rename({"a": "b"}), on=["b", "creator_id"])
    return both["creator_id"].unique().sort().to_list()


def _with_old_links(pairs: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Add the links of dissolved groups, so that their other accounts stay together without new evidence."""
    old = before.filter(pl.col("b").is_not_null() & (pl.col("a") != pl.col("b"))).select(
        "evidence", "confidence", a=pl.min_horizontal("a", "b"), b=pl.max_horizontal("a", "b")
    )
    both = pl.concat([pairs.select("a", "b", "evidence", "confidence"), old.select("a", "b", "evidence", "confidence")])
    return both.sort("confidence", "evidence", descending=True).unique(["a", "b"], keep="first", maintain_order=True)


def _clustered(
    known: pl.DataFrame, kept: pl.DataFrame, pairs: pl.DataFrame, separated: pl.DataFrame, rules: LinkRules
) -> tuple[list[int], list[LinkVerdict]]:
    triples = list(zip(pairs["a"].to_list(), pairs["b"].to_list(), pairs["confidence"].to_list(), strict=True))
    platforms = known["platform"].rank("dense").cast(pl.Int64).to_list()
    direct = {(a, b): confidence for a, b, confidence in triples}
    clusters = Clusters(platforms, apart=separated.iter_rows(), direct=direct, rules=rules)
    for members in kept.group_by("creator_id", maintain_order=True).agg("a")["a"].to_list():
        clusters.restore_group(members)
    verdicts = clusters.add_links(triples)
    return [clusters.group_of(one) for one in range(known.height)], verdicts


def _creators(
    known: pl.DataFrame, before: pl.DataFrame, dissolved: list[str], secret: InstallationSecret
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Choose ``creator_id`` and ``creator_since`` of each group, and list the changes of earlier ids."""
    former = before.select("creator_id", "creator_since", n="a").join(
        known.select("n", "group", "founding_id", "first_seen_at", "account_id"), on="n"
    )
    former = former.with_columns(is_founder=_is_founder(former, dissolved, secret))
    # A split creator's id goes to the group with the creator's first account. Other creators have only one group.
    claims = former.sort("is_founder", "first_seen_at", "account_id", descending=[True, False, False]).unique(
        "creator_id", keep="first", maintain_order=True
    )
    # Among equally old creators, take the one that a run without `previous` would take.
    first = former.sort("first_seen_at", "founding_id").unique("creator_id", keep="first", maintain_order=True)
    first = first.select("creator_id", first="founding_id")
    oldest = (
        claims.join(first, on="creator_id")
        .sort("creator_since", "first", "creator_id")
        .unique("group", keep="first", maintain_order=True)
    )
    groups = known.filter(pl.col("n") == pl.col("founder")).select("group", "founding_id", since="first_seen_at")
    groups = groups.join(oldest.select("group", "creator_id", "creator_since"), on="group", how="left")
    fresh = groups.filter(pl.col("creator_id").is_null()).sort("since", "founding_id")
    ids = list(_fresh_ids(fresh["founding_id"].to_list(), set(oldest["creator_id"].to_list()), secret))
    creators = pl.concat(
        [
            groups.filter(pl.col("creator_id").is_not_null()).select("group", "creator_id", "creator_since"),
            fresh.select("group", creator_id=pl.Series(ids, dtype=pl.String), creator_since="since"),
        ]
    )
    now = creators.select("group", new_creator_id="creator_id")
    moved = former.select("creator_id", "group").unique().join(now, on="group")
    split = pl.col("creator_id").is_in(dissolved) & ~pl.col("new_creator_id").is_in(claims["creator_id"].to_list())
    kind = pl.when(split).then(pl.lit("creator_split")).otherwise(pl.lit("creator_merged"))
    changes = moved.filter(pl.col("creator_id") != pl.col("new_creator_id"))
    return creators, changes.select("creator_id", "new_creator_id", kind=kind).unique()


def _is_founder(former: pl.DataFrame, dissolved: list[str], secret: InstallationSecret) -> pl.Series:
    """Whether the id of an account's former creator was derived from this account. Computed only for split creators."""
    split = set(dissolved)
    rows = former.select("creator_id", "founding_id").iter_rows()
    is_founder = [
        creator_id in split and secret.pseudonym("creator", founding_id) == creator_id
        for creator_id, founding_id in rows
    ]
    return pl.Series(is_founder, dtype=pl.Boolean)


def _fresh_ids(founding_ids: list[str], taken: set[str], secret: InstallationSecret) -> Iterator[str]:
    """One unused id per new creator.

    An id can be in use although its account is free: a creator keeps the id when that account leaves.
    """
    for founding_id in founding_ids:
        new = secret.pseudonym("creator", founding_id)
        attempt = 1
        while new in taken:
            attempt += 1
            new = secret.pseudonym("creator", founding_id, str(attempt))
        taken.add(new)
        yield new


def _with_strongest_links(
    named: pl.DataFrame, used: pl.DataFrame, kept: pl.DataFrame, numbers: pl.DataFrame
) -> pl.DataFrame:
    """The accounts with the link that connects each to its creator."""
    founders = named.select(a="n", root="founder")
    old = kept.filter(pl.col("evidence").is_not_null()).join(founders, on="a")
    # If the linked account was erased, the link now leads to the creator's first account.
    old = old.with_columns(b=pl.coalesce("b", "root")).filter(pl.col("a") != pl.col("b"))
    links = pl.concat([used.select("a", "b", "evidence", "confidence"), old.select("a", "b", "evidence", "confidence")])
    links = links.sort("confidence", "a", "b", "evidence", descending=[True, False, False, False])
    triples = list(zip(links["a"].to_list(), links["b"].to_list(), links["confidence"].to_list(), strict=True))
    roots = named["founder"].unique().to_list()
    reached = strongest_paths(named.height, roots, triples)
    paths = pl.DataFrame(reached, schema={"link": pl.Int64, "confidence": pl.Float64}, orient="row").with_row_index("n")
    chosen = links.select("a", "b", "evidence").with_row_index("link").cast({"link": pl.Int64})
    ids = numbers.select(linked_to="account_id", neighbour="n")
    neighbour = pl.when(pl.col("a") == pl.col("n")).then(pl.col("b")).otherwise(pl.col("a"))
    return (
        named.join(paths, on="n")
        .join(chosen, on="link", how="left")
        .with_columns(neighbour=neighbour)
        .join(ids, on="neighbour", how="left")
        .drop("n", "group", "founder", "link", "a", "b", "neighbour")
        .sort("account_id")
    )


def _link_rows(pairs: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    return (
        pairs.join(numbers.select("account_id", a="n"), on="a")
        .join(numbers.select(other_account_id="account_id", b="n"), on="b")
        .select("account_id", "other_account_id", "evidence", "confidence", "verdict")
        .sort("account_id", "other_account_id")
    )
