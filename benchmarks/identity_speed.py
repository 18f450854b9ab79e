"""Speed of identity: the whole register by number of accounts, and people by number of links.

Run ``python -m benchmarks.identity_speed [number of accounts] [number of links]``.
"""

# ruff: noqa: INP001 -- scripts, not a package

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime

import polars as pl
from rich.console import Console
from rich.table import Table

from creator_assets.identity.clusters import Clusters, LinkRules
from creator_assets.identity.evidence import EvidenceKind
from creator_assets.identity.people import find_people
from creator_assets.identity.register import identify
from creator_assets.identity.secret import InstallationSecret

ACCOUNTS = 200_000
LINKS = 1_000_000
SECRET = InstallationSecret(b"a benchmark needs ids, not secrecy")
START = datetime(2026, 1, 1, tzinfo=UTC)


def observations(accounts: int) -> pl.DataFrame:
    """Three observations of each account by two providers. Three accounts are one person, and every handle changes."""
    rows = pl.DataFrame({"row": pl.int_range(3 * accounts, eager=True)})
    account, visit = pl.col("row") % accounts, pl.col("row") // accounts
    person = account // 3
    return rows.select(
        platform=pl.format("platform-{}", account % 3),
        provider=pl.format("provider-{}", visit % 2),
        handle=pl.format("glamour{}", pl.when(visit == 2).then(person + accounts).otherwise(person)),
        native_id=account.cast(pl.String),
        display_name=pl.format("Puss {}", person),
        followers=person % 9973 + 100,
        statement_id=person.cast(pl.String),
        email_hash=person.cast(pl.String),
        observed_at=pl.lit(START) + pl.duration(days=7 * visit),
    )


def register_report(console: Console, accounts: int) -> None:
    """Print the processor time of the register for a quarter, a half and all of the accounts."""
    shown = Table(title="Identity register", title_justify="left")
    for column in ("accounts", "processor time s", "relative to half as many"):
        shown.add_column(column, justify="right")
    before = None
    for number in (accounts // 4, accounts // 2, accounts):
        rows = observations(number)
        began = time.process_time()
        identify(rows, SECRET, START)
        seconds = time.process_time() - began
        shown.add_row(f"{number:,}", f"{seconds:.1f}", f"{seconds / before:.2f}" if before else "")
        before = seconds
    console.print(shown)


def people_report(console: Console, links: int) -> None:
    """Print the time to find people among as many accounts as links."""
    draw = random.Random(7)  # noqa: S311 -- a reproducible sample, no secret
    ids = [SECRET.pseudonym("account", str(number)) for number in range(links)]
    accounts = pl.DataFrame({"account_id": ids, "founding_id": ids}).with_columns(
        platform=pl.Series([draw.choice("abcdef") for _ in ids]),
        first_seen_at=pl.datetime(2026, 1, 1, time_zone="UTC") + pl.duration(seconds=pl.int_range(pl.len())),
    )
    ends = [draw.randrange(links) for _ in ids]
    found = pl.DataFrame(
        {
            "account_id": [ids[end] for end in ends],
            "other_account_id": [ids[(end + draw.randrange(1, 4)) % links] for end in ends],
            "kind": [draw.choice((EvidenceKind.STATED.value, EvidenceKind.SAME_HANDLE.value)) for _ in ends],
            "source": ["somebody"] * links,
            "confidence": [draw.choice((0.6, 0.8, 0.95, 0.99)) for _ in ends],
        }
    )
    began, began_cpu = time.perf_counter(), time.process_time()
    people = find_people(accounts, found, SECRET)
    wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    numbers = {one: number for number, one in enumerate(sorted(ids))}
    pairs = people.links.select("account_id", "other_account_id", "confidence").sort("confidence", descending=True)
    triples = [(numbers[one], numbers[other], confidence) for one, other, confidence in pairs.iter_rows()]
    platforms = accounts.sort("account_id")["platform"].rank("dense").to_list()
    began = time.process_time()
    direct = {(one, other): confidence for one, other, confidence in triples}
    Clusters(platforms, direct=direct, rules=LinkRules()).add_links(triples)
    console.print(
        f"{links:,} links between {links:,} accounts: {people.accounts['creator_id'].n_unique():,} creators in "
        f"{wall:.1f} s ({cpu:.1f} s of processor time); the union-find of {len(triples):,} pairs alone takes "
        f"{time.process_time() - began:.1f} s of processor time"
    )


def main() -> int:
    """Print both reports."""
    console = Console(width=140)
    register_report(console, int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS)
    people_report(console, int(sys.argv[2]) if len(sys.argv) > 2 else LINKS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
