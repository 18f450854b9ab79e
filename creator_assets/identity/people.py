"""Creator ids: accounts that are one person's, found from links and remembered from one time to the next.

`find_people` is a pure function of accounts, links, decisions and its own last result. With that result given, accounts
that were together stay together and creators keep their ids: new evidence only adds accounts, or merges creators, where
the oldest id wins and the other becomes a row of ``changes``. Only a decision of the team takes accounts apart again.
Where evidence comes from belongs to ``evidence`` and ``likeness``, the rules of joining to ``clusters``.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import polars as pl

from creator_assets.identity.clusters import Clusters, Rules, Verdict, best_paths
from creator_assets.identity.evidence import combined
from creator_assets.identity.secret import InstallationSecret

_MEMORY = ("account_id", "creator_id", "creator_since", "linked_to", "evidence", "confidence")


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Who is who.

    Attributes:
        accounts: The accounts given, with ``creator_id``; ``creator_since``, when the first account of that id was
            first seen; ``linked_to``, the account of the same creator on the surest way to the creator's first
            account, and ``evidence`` for that link (both null for the first account itself); and ``confidence``, that
            of the weakest link on the way. To be given as `previous` the next time.
        links: One row per pair of accounts with evidence: ``account_id``, ``other_account_id``, ``evidence``,
            ``confidence`` and ``verdict``, one of ``clusters.Verdict``: links that joined nothing are here to be seen.
        changes: ``kind`` (``creator_merged`` or ``creator_split``), ``creator_id`` (the old one) and
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
    rules: Rules | None = None,
) -> People:
    """Group accounts into people. The order of rows never matters.

    Args:
        accounts: All accounts known: ``account_id``, ``platform``, ``founding_id`` and ``first_seen_at``, as
            ``accounts.resolve`` gives them; further columns are kept.
        links: Links of ``evidence`` and ``likeness``; those to accounts that are not among `accounts` are ignored.
        secret: The installation's; a creator's id is derived from the founding id of his first account.
        previous: ``People.accounts`` of the last time.
        aliases: Ids that stand for others, of ``accounts.resolve``: where `previous` knew an account provisionally.
        apart: Pairs (``account_id``, ``other_account_id``) that the team decided not to be one person; stronger than
            any evidence and than `previous`.
        rules: Thresholds; the defaults are those that the benchmark measures.
    """
    known = accounts.sort("account_id").with_row_index("n")
    numbers = known.select("account_id", "n")
    before = _remembered(previous, aliases, known)
    parted = _numbered(apart, numbers).select("a", "b") if apart is not None else pl.DataFrame(schema=_PAIR)
    dissolved = _dissolved(before, parted)
    kept = before.filter(~pl.col("creator_id").is_in(dissolved))
    # Combined by number, which is several times faster than by id.
    pairs = combined(_numbered(links, numbers).rename({"a": "account_id", "b": "other_account_id"}))
    pairs = pairs.rename({"account_id": "a", "other_account_id": "b"})
    pairs = _with_old_links(pairs, before.filter(pl.col("creator_id").is_in(dissolved)))
    pairs = pairs.sort("confidence", "a", "b", descending=[True, False, False])
    groups, verdicts = _clustered(known, kept, pairs, parted, rules or Rules())
    known = known.with_columns(group=pl.Series(groups, dtype=pl.Int64))
    first = known.sort("first_seen_at", "founding_id", "account_id").unique("group", keep="first", maintain_order=True)
    known = known.join(first.select("group", founder="n"), on="group")
    creators, changes = _creators(known, before, dissolved, secret)
    pairs = pairs.with_columns(verdict=pl.Series([str(one) for one in verdicts], dtype=pl.String))
    named = known.join(creators, on="group")
    return People(
        accounts=_explained(named, pairs.filter(pl.col("verdict") == Verdict.JOINED.value), kept, numbers),
        links=_link_rows(pairs, numbers),
        changes=changes.sort("kind", "creator_id", "new_creator_id"),
    )


_PAIR: dict[str, pl.DataType | type[pl.DataType]] = {"a": pl.UInt32, "b": pl.UInt32}


def _remembered(previous: pl.DataFrame | None, aliases: pl.DataFrame | None, known: pl.DataFrame) -> pl.DataFrame:
    """The last result for accounts that are still known, by number ``a`` and, of the account linked to, ``b``."""
    since = known.schema["first_seen_at"]
    if previous is None:
        text = dict.fromkeys(("creator_id", "evidence"), pl.String)
        return pl.DataFrame(schema={**_PAIR, **text, "creator_since": since, "confidence": pl.Float64})
    numbers = known.select("account_id", "n")
    renamed = numbers.select(old="account_id", n="n")
    if aliases is not None:
        # A provisional id that is no account any more; one that stood for two is left to the one it stood for first.
        current = (
            aliases.join(numbers, left_on="alias_id", right_on="account_id", how="anti")
            .sort("first_seen_at", "account_id")
            .unique("alias_id", keep="first", maintain_order=True)
            .join(numbers, on="account_id")
        )
        renamed = pl.concat([renamed, current.select(old="alias_id", n="n")])
    return (
        previous.select(_MEMORY)
        .join(renamed.select(account_id="old", a="n"), on="account_id")
        .join(renamed.select(linked_to="old", b="n"), on="linked_to", how="left")
        .select("a", "b", "creator_id", pl.col("creator_since").cast(since), "evidence", "confidence")
        .sort("creator_id", "a")
    )


def _numbered(pairs: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Pairs of accounts with their numbers ``a`` < ``b``; numbers follow the order of ids."""
    found = pairs.join(numbers.rename({"n": "_one"}), on="account_id").join(
        numbers.rename({"account_id": "other_account_id", "n": "_other"}), on="other_account_id"
    )
    numbered = found.with_columns(a=pl.min_horizontal("_one", "_other"), b=pl.max_horizontal("_one", "_other"))
    return numbered.drop("_one", "_other", "account_id", "other_account_id")


def _dissolved(before: pl.DataFrame, parted: pl.DataFrame) -> list[str]:
    """The creators who hold two accounts that were decided to be two people's."""
    of = before.select("a", "creator_id").unique()
    both = parted.join(of, on="a").join(of.rename({"a": "b"}), on=["b", "creator_id"])
    return both["creator_id"].unique().sort().to_list()


def _with_old_links(pairs: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Add what held a dissolved group together, so that its other accounts do not come apart for want of evidence."""
    old = before.filter(pl.col("b").is_not_null() & (pl.col("a") != pl.col("b"))).select(
        "evidence", "confidence", a=pl.min_horizontal("a", "b"), b=pl.max_horizontal("a", "b")
    )
    both = pl.concat([pairs.select("a", "b", "evidence", "confidence"), old.select("a", "b", "evidence", "confidence")])
    return both.sort("confidence", "evidence", descending=True).unique(["a", "b"], keep="first", maintain_order=True)


def _clustered(
    known: pl.DataFrame, kept: pl.DataFrame, pairs: pl.DataFrame, parted: pl.DataFrame, rules: Rules
) -> tuple[list[int], list[Verdict]]:
    triples = list(zip(pairs["a"].to_list(), pairs["b"].to_list(), pairs["confidence"].to_list(), strict=True))
    platforms = known["platform"].rank("dense").cast(pl.Int64).to_list()
    direct = {(a, b): confidence for a, b, confidence in triples}
    clusters = Clusters(platforms, apart=parted.iter_rows(), direct=direct, rules=rules)
    for members in kept.group_by("creator_id", maintain_order=True).agg("a")["a"].to_list():
        clusters.keep(members)
    verdicts = clusters.add(triples)
    return [clusters.group_of(one) for one in range(known.height)], verdicts


def _creators(
    known: pl.DataFrame, before: pl.DataFrame, dissolved: list[str], secret: InstallationSecret
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """For each group its ``creator_id`` and ``creator_since``; and what became of the ids of before."""
    was = before.select("creator_id", "creator_since", n="a").join(
        known.select("n", "group", "founding_id", "first_seen_at", "account_id"), on="n"
    )
    was = was.with_columns(founded=_is_founded(was, dissolved, secret))
    # A creator taken apart leaves his id to the group with his first account, any other creator to his only group.
    claims = was.sort("founded", "first_seen_at", "account_id", descending=[True, False, False]).unique(
        "creator_id", keep="first", maintain_order=True
    )
    # Of creators equally old the one who would be the first if all were found today, so that both ways agree.
    first = was.sort("first_seen_at", "founding_id").unique("creator_id", keep="first", maintain_order=True)
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
    moved = was.select("creator_id", "group").unique().join(now, on="group")
    split = pl.col("creator_id").is_in(dissolved) & ~pl.col("new_creator_id").is_in(claims["creator_id"].to_list())
    kind = pl.when(split).then(pl.lit("creator_split")).otherwise(pl.lit("creator_merged"))
    changes = moved.filter(pl.col("creator_id") != pl.col("new_creator_id"))
    return creators, changes.select("creator_id", "new_creator_id", kind=kind).unique()


def _is_founded(was: pl.DataFrame, dissolved: list[str], secret: InstallationSecret) -> pl.Series:
    """Whether an account is the one from which its former creator's id was derived; asked only where it matters."""
    asked = set(dissolved)
    rows = was.select("creator_id", "founding_id").iter_rows()
    founded = [of in asked and secret.pseudonym("creator", founding) == of for of, founding in rows]
    return pl.Series(founded, dtype=pl.Boolean)


def _fresh_ids(founding_ids: list[str], taken: set[str], secret: InstallationSecret) -> Iterator[str]:
    """An id per new creator. One that is another's already, as his first account has left him, is passed over."""
    for founding_id in founding_ids:
        new = secret.pseudonym("creator", founding_id)
        turn = 1
        while new in taken:
            turn += 1
            new = secret.pseudonym("creator", founding_id, str(turn))
        taken.add(new)
        yield new


def _explained(named: pl.DataFrame, used: pl.DataFrame, kept: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """The accounts with the link by which each belongs to its creator."""
    founders = named.select(a="n", root="founder")
    old = kept.filter(pl.col("evidence").is_not_null()).join(founders, on="a")
    # An account may be linked to one that was erased since: what was known of the link now holds for the first account.
    old = old.with_columns(b=pl.coalesce("b", "root")).filter(pl.col("a") != pl.col("b"))
    links = pl.concat([used.select("a", "b", "evidence", "confidence"), old.select("a", "b", "evidence", "confidence")])
    links = links.sort("confidence", "a", "b", "evidence", descending=[True, False, False, False])
    triples = list(zip(links["a"].to_list(), links["b"].to_list(), links["confidence"].to_list(), strict=True))
    roots = named["founder"].unique().to_list()
    reached = best_paths(named.height, roots, triples)
    ways = pl.DataFrame(reached, schema={"link": pl.Int64, "confidence": pl.Float64}, orient="row").with_row_index("n")
    chosen = links.select("a", "b", "evidence").with_row_index("link").cast({"link": pl.Int64})
    ids = numbers.select(linked_to="account_id", neighbour="n")
    neighbour = pl.when(pl.col("a") == pl.col("n")).then(pl.col("b")).otherwise(pl.col("a"))
    return (
        named.join(ways, on="n")
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
