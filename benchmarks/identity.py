"""How well people and renames are found, against public reference data, and how fast.

Run ``python -m benchmarks.identity [folder of the reference data] [number of links]``. The data are split in halves by
a hash of the person: thresholds were chosen on one half, results are printed for the other. Methods see what a provider
gives (handles, display names, followers) and never the reference's own ids. The halves separate the thresholds; what
kinds of likeness there are was thought up after reading samples of the whole.
"""

# ruff: noqa: INP001 -- scripts, not a package

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
from rich.console import Console
from rich.table import Table

from creator_assets.identity.accounts import with_account_ids
from creator_assets.identity.clusters import Clusters, LinkRules
from creator_assets.identity.comparison import comparable
from creator_assets.identity.evidence import EvidenceKind
from creator_assets.identity.name_similarity import name_similarity_links
from creator_assets.identity.people import find_people
from creator_assets.identity.renames import ChangeKind, RenameTolerance, account_changes, probable_renames
from creator_assets.identity.secret import InstallationSecret

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data"
LINKS = 1_000_000
TUNE, TEST = 0, 1
JOIN_THRESHOLDS = (0.50, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90)
FOLLOWER_TOLERANCES = (0.02, 0.05, 0.10, 0.20, 0.40)
SOURCE = "taiwan-vtuber-2026"  # the one source that states who is who
SECRET = InstallationSecret(b"a benchmark needs ids, not secrecy")

Pairs = set[tuple[str, ...]]


class Score(msgspec.Struct, frozen=True):
    """Pairs found, right and to be found."""

    found: int
    right: int
    wanted: int

    @classmethod
    def of(cls, found: Pairs, truth: Pairs) -> Score:
        """Compare what was found with the truth."""
        return cls(len(found), len(found & truth), len(truth))

    def cells(self) -> tuple[str, ...]:
        """Counts, then precision, recall and F1 in percent."""
        precision = self.right / self.found if self.found else 0.0
        recall = self.right / self.wanted if self.wanted else 0.0
        f1 = 2 * precision * recall / (precision + recall) if self.right else 0.0
        percent = [f"{100 * value:.1f}" if self.found else "-" for value in (precision, recall, f1)]
        return (str(self.found), str(self.right), str(self.wanted), *percent)


def half_of(person: str) -> int:
    """In which half a person is."""
    return hashlib.sha256(person.encode()).digest()[0] % 2


def read_accounts(folder: Path) -> pl.DataFrame:
    """Accounts of the reference, with the half they are in and whose they are (``truth``, null where nobody says)."""
    links = pl.read_parquet(folder / "cross_platform_links.parquet")
    creators = pl.read_parquet(folder / "creators.parquet")
    truth = links.select("platform", "username", "link_id", "basis").unique(["platform", "username", "basis"])
    for basis in ("source", "same_handle"):
        one = truth.filter(pl.col("basis") == basis).select("platform", "username", pl.col("link_id").alias(basis))
        creators = creators.join(one, on=["platform", "username"], how="left")
    # A person stated by the source, or who has one handle everywhere, is wholly in one half.
    key = pl.coalesce("linked_id", "source_right", comparable(pl.col("username")), "username")
    creators = creators.sort("platform", "username").with_row_index("n").with_columns(person=key)
    ids = pl.col("n").cast(pl.String).str.zfill(6)
    return creators.select(
        "platform",
        "display_name",
        "followers",
        "same_handle",
        account_id=ids,
        founding_id=ids,
        first_seen_at=pl.col("observed_on"),
        handle=pl.when(pl.col("username_kind") == "handle").then("username"),
        stated="source_right",
        vtuber=pl.col("source") == SOURCE,
        half=pl.Series([half_of(person) for person in creators["person"]], dtype=pl.Int64),
    )


def pairs_within(accounts: pl.DataFrame, group: str) -> Pairs:
    """Pairs of accounts on different platforms that share a value."""
    keyed = accounts.filter(pl.col(group).is_not_null()).select("account_id", "platform", group)
    keyed = keyed.filter(pl.len().over(group) <= 200)
    pairs = keyed.join(keyed, on=group, suffix="_other").filter(
        (pl.col("account_id") < pl.col("account_id_other")) & (pl.col("platform") != pl.col("platform_other"))
    )
    return set(pairs.select("account_id", "account_id_other").iter_rows())


def found_pairs(accounts: pl.DataFrame, join: float | None = None) -> Pairs:
    """What the project finds, at a threshold."""
    people = find_people(
        accounts, name_similarity_links(accounts), SECRET, rules=LinkRules(join=join) if join else None
    )
    return pairs_within(people.accounts, "creator_id")


def baselines(accounts: pl.DataFrame) -> dict[str, Pairs]:
    """What equality alone finds."""
    forms = accounts.with_columns(
        handle=pl.col("handle").str.to_lowercase(), display_name=comparable(pl.col("display_name"))
    )
    return {
        "baseline: equal handle": pairs_within(forms, "handle"),
        "baseline: equal name": pairs_within(forms, "display_name"),
    }


class Task(msgspec.Struct, frozen=True):
    """A question to the methods: accounts as they see them, and the pairs that count."""

    title: str
    accounts: pl.DataFrame
    truth: Pairs
    judged: set[str]

    def score(self, found: Pairs) -> Score:
        """Of pairs with an account of which the reference says anything."""
        return Score.of({pair for pair in found if not self.judged.isdisjoint(pair)}, self.truth)


def tasks(accounts: pl.DataFrame) -> list[Task]:
    """The questions, for accounts of one half."""
    vtubers = set(accounts.filter("vtuber")["account_id"])
    stated = pairs_within(accounts, "stated")
    on_twitch = pl.col("vtuber") & (pl.col("platform") == "twitch")
    blind = accounts.with_columns(display_name=pl.when(~on_twitch).then("display_name"))
    others = accounts.filter(~pl.col("vtuber") & pl.col("handle").is_not_null())
    same = pairs_within(others, "same_handle")
    names_only = others.with_columns(handle=pl.lit(None, dtype=pl.String))
    return [
        Task("stated by the source; Twitch known by its handle alone", blind, stated, vtubers),
        Task(
            "stated by the source; names as in the data, which copies one name to both accounts",
            accounts,
            stated,
            vtubers,
        ),
        Task(
            "same handle (heuristic); handles hidden, names and followers only",
            names_only,
            same,
            set(others["account_id"]),
        ),
        Task("same handle (heuristic); handles shown, so circular", others, same, set(others["account_id"])),
    ]


def table(title: str, *columns: str) -> Table:
    """A table with counts to the right."""
    made = Table(title=title, title_justify="left")
    made.add_column(columns[0])
    for column in columns[1:]:
        made.add_column(column, justify="right")
    return made


SCORES = ("found", "right", "wanted", "precision %", "recall %", "F1 %")


def people_report(console: Console, accounts: pl.DataFrame) -> None:
    """Same-person pairs: the test half against baselines, and the curve on the tune half."""
    for task in tasks(accounts.filter(pl.col("half") == TEST)):
        shown = table(f"Same person, test half: {task.title}", "method", *SCORES)
        for name, pairs in baselines(task.accounts).items():
            shown.add_row(name, *task.score(pairs).cells())
        shown.add_row(f"this project (join {LinkRules().join:.2f})", *task.score(found_pairs(task.accounts)).cells())
        console.print(shown)
    for task in (each for half in (TUNE, TEST) for each in tasks(accounts.filter(pl.col("half") == half))[::2]):
        side = "tune" if task.accounts["half"][0] == TUNE else "test"
        shown = table(f"Precision and recall by threshold, {side} half: {task.title}", "join", *SCORES)
        for join in JOIN_THRESHOLDS:
            shown.add_row(f"{join:.2f}", *task.score(found_pairs(task.accounts, join)).cells())
        console.print(shown)
    kinds_report(console, tasks(accounts.filter(pl.col("half") == TUNE))[0])


def kinds_report(console: Console, task: Task) -> None:
    """How often each kind of likeness, taken alone, was right on the tune half."""
    shown = table(f"Each likeness alone, tune half: {task.title}", "kind and confidence", *SCORES[:4])
    links = name_similarity_links(task.accounts)
    for (kind, confidence), some in sorted(links.group_by("kind", pl.col("confidence").round(2))):
        pairs = set(some.select("account_id", "other_account_id").iter_rows())
        score = task.score(pairs)
        if score.found:
            shown.add_row(f"{kind} {confidence:.2f}", *score.cells()[:4])
    console.print(shown)


def read_sightings(folder: Path, source: str) -> pl.DataFrame:
    """Snapshots of one source as observations."""
    snapshots = pl.read_parquet(folder / "creator_snapshots.parquet").filter(pl.col("source") == source)
    return snapshots.filter((pl.col("username_kind") == "handle") | pl.col("native_id").is_not_null()).select(
        "platform",
        "native_id",
        "display_name",
        "followers",
        handle=pl.when(pl.col("username_kind") == "handle").then("username"),
        observed_at=pl.col("observed_on").cast(pl.Datetime("us", "UTC")),
    )


def known(folder: Path, source: str, field: str) -> Pairs:
    """Changes that the reference lists."""
    changes = pl.read_csv(folder / "known_changes.csv").filter(
        pl.col("source").str.starts_with(source) & (pl.col("field") == field)
    )
    return set(changes.select("platform", "old", "new").iter_rows())


def changes_found(changes: pl.DataFrame, *kinds: ChangeKind) -> Pairs:
    """Changes of some kinds as the reference writes them."""
    rows = changes.filter(pl.col("kind").is_in([str(kind) for kind in kinds]))
    return set(rows.select("platform", "old_value", "new_value").iter_rows())


def in_half(pairs: Iterable[tuple[str, ...]], half: int) -> Pairs:
    """Changes of the accounts in one half, by the old handle."""
    return {pair for pair in pairs if half_of(pair[1]) == half}


def renames_report(console: Console, folder: Path) -> None:
    """Renames: by the platform's id, and with that id hidden."""
    shown = table("Changes where the platform's id is known (all; nothing to tune)", "source and field", *SCORES)
    for source in ("jayden856-tiktok-2025", "mftn-youtube-daily-2026", SOURCE):
        observations = read_sightings(folder, source).filter(pl.col("native_id").is_not_null())
        changes = account_changes(with_account_ids(observations, SECRET))
        for field, kinds in (
            ("username", (ChangeKind.RENAMED, ChangeKind.RESPELLED)),
            ("display_name", (ChangeKind.NAME_CHANGED,)),
        ):
            truth = {one for one in known(folder, source, field) if one[0] != "twitch"}
            if truth:
                shown.add_row(f"{source}, {field}", *Score.of(changes_found(changes, *kinds), truth).cells())
    console.print(shown)
    hidden = table("Probable renames, the platform's id hidden", "source, half and tolerance", *SCORES)
    for source, note in (("jayden856-tiktok-2025", "truth by id"), ("kaggle-top1000-2022", "truth inferred, circular")):
        observations = with_account_ids(read_sightings(folder, source).drop("native_id"), SECRET)
        # Respelled handles stay the same account and need no guess.
        truth = {one for one in known(folder, source, "username") if one[1].lower() != one[2].lower()}
        for half, side in ((TUNE, "tune"), (TEST, "test")):
            for followers in FOLLOWER_TOLERANCES if half == TUNE else (RenameTolerance().followers,):
                found = probable_renames(observations, RenameTolerance(followers=followers))
                pairs = in_half(changes_found(found, ChangeKind.PROBABLY_RENAMED), half)
                name = f"{source} ({note}), {side}, {followers:.2f}"
                hidden.add_row(name, *Score.of(pairs, in_half(truth, half)).cells())
        short = probable_renames(observations, RenameTolerance(gap=timedelta(days=120)))
        pairs = in_half(changes_found(short, ChangeKind.PROBABLY_RENAMED), TUNE)
        hidden.add_row(f"{source}, tune, gap of 120 days", *Score.of(pairs, in_half(truth, TUNE)).cells())
    console.print(hidden)


def speed_report(console: Console, links: int) -> None:
    """How long it takes to find people among as many accounts as links."""
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
    """Print everything; 0 where the reference data are there, 1 where not."""
    console = Console(width=140)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else REFERENCE
    links = int(sys.argv[2]) if len(sys.argv) > 2 else LINKS
    if not (folder / "cross_platform_links.parquet").is_file():
        console.print(f"The reference data are not in {folder}; name their folder as first argument.")
        return 1
    people_report(console, read_accounts(folder))
    renames_report(console, folder)
    speed_report(console, links)
    return 0


if __name__ == "__main__":
    sys.exit(main())
