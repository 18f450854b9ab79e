"""Quality of the people and renames that identity finds, measured with public reference data.

Run ``python -m benchmarks.identity [folder of the reference data]``. ``benchmarks/identity_speed.py`` measures speed.

A hash of the person divides the data into two halves. Thresholds were chosen on one half. The results are printed for
the other. The methods see only what a provider returns (handles, display names, followers), never the ids of the
reference. Only the thresholds are independent of the test half: we chose the kinds of name similarity after reading
samples of all data.
"""

# ruff: noqa: INP001 -- scripts, not a package

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
from rich.console import Console
from rich.table import Table

from creator_assets.identity.accounts import with_account_ids
from creator_assets.identity.clusters import LinkRules
from creator_assets.identity.comparison import comparable
from creator_assets.identity.name_similarity import name_similarity_links
from creator_assets.identity.people import find_people
from creator_assets.identity.renames import ChangeKind, RenameTolerance, account_changes, probable_renames
from creator_assets.identity.secret import InstallationSecret

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data"
TUNE, TEST = 0, 1
JOIN_THRESHOLDS = (0.50, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90)
FOLLOWER_TOLERANCES = (0.02, 0.05, 0.10, 0.20, 0.40)
SOURCE = "taiwan-vtuber-2026"  # the only source that states which accounts are one person's
SECRET = InstallationSecret(b"a benchmark needs ids, not secrecy")

Pairs = set[tuple[str, ...]]


class Score(msgspec.Struct, frozen=True):
    """Numbers of pairs: found, correct, and in the truth."""

    found: int
    correct: int
    expected: int

    @classmethod
    def of(cls, found: Pairs, truth: Pairs) -> Score:
        """Compare the pairs that were found with the truth."""
        return cls(len(found), len(found & truth), len(truth))

    def cells(self) -> tuple[str, ...]:
        """Counts, then precision, recall and F1 in percent."""
        precision = self.correct / self.found if self.found else 0.0
        recall = self.correct / self.expected if self.expected else 0.0
        f1 = 2 * precision * recall / (precision + recall) if self.correct else 0.0
        percent = [f"{100 * value:.1f}" if self.found else "-" for value in (precision, recall, f1)]
        return (str(self.found), str(self.correct), str(self.expected), *percent)


def half_of(person: str) -> int:
    """The half that a person belongs to."""
    return hashlib.sha256(person.encode()).digest()[0] % 2


def read_accounts(folder: Path) -> pl.DataFrame:
    """Accounts of the reference, with their half and the person that the reference states (null if it states none)."""
    links = pl.read_parquet(folder / "cross_platform_links.parquet")
    creators = pl.read_parquet(folder / "creators.parquet")
    truth = links.select("platform", "username", "link_id", "basis").unique(["platform", "username", "basis"])
    for basis in ("source", "same_handle"):
        one = truth.filter(pl.col("basis") == basis).select("platform", "username", pl.col("link_id").alias(basis))
        creators = creators.join(one, on=["platform", "username"], how="left")
    # All accounts of a stated person, or with one handle, are in the same half.
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
    """Pairs that this project finds with a threshold."""
    people = find_people(
        accounts, name_similarity_links(accounts), SECRET, rules=LinkRules(join=join) if join else None
    )
    return pairs_within(people.accounts, "creator_id")


def baselines(accounts: pl.DataFrame) -> dict[str, Pairs]:
    """Pairs that equal handles or equal names find."""
    forms = accounts.with_columns(
        handle=pl.col("handle").str.to_lowercase(), display_name=comparable(pl.col("display_name"))
    )
    return {
        "baseline: equal handle": pairs_within(forms, "handle"),
        "baseline: equal name": pairs_within(forms, "display_name"),
    }


class Task(msgspec.Struct, frozen=True):
    """Accounts as the methods see them, the true pairs, and the accounts that the reference covers."""

    title: str
    accounts: pl.DataFrame
    truth: Pairs
    judged: set[str]

    def score(self, found: Pairs) -> Score:
        """Score the pairs with an account that the reference covers."""
        return Score.of({pair for pair in found if not self.judged.isdisjoint(pair)}, self.truth)


def tasks(accounts: pl.DataFrame) -> list[Task]:
    """The tasks for the accounts of one half."""
    vtubers = set(accounts.filter("vtuber")["account_id"])
    stated = pairs_within(accounts, "stated")
    on_twitch = pl.col("vtuber") & (pl.col("platform") == "twitch")
    blind = accounts.with_columns(display_name=pl.when(~on_twitch).then("display_name"))
    others = accounts.filter(~pl.col("vtuber") & pl.col("handle").is_not_null())
    same = pairs_within(others, "same_handle")
    names_only = others.with_columns(handle=pl.lit(None, dtype=pl.String))
    return [
        Task("stated by the source; Twitch accounts have only handles", blind, stated, vtubers),
        Task(
            "stated by the source; names as in the data, which has one name for both accounts",
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
    """A table with counts on the right."""
    made = Table(title=title, title_justify="left")
    made.add_column(columns[0])
    for column in columns[1:]:
        made.add_column(column, justify="right")
    return made


SCORES = ("found", "correct", "expected", "precision %", "recall %", "F1 %")


def people_report(console: Console, accounts: pl.DataFrame) -> None:
    """Print scores of same-person pairs: the test half with baselines, and both halves by threshold."""
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
    """Print how often each kind of name similarity alone was correct on the tune half."""
    shown = table(f"Each kind of name similarity alone, tune half: {task.title}", "kind and confidence", *SCORES[:4])
    links = name_similarity_links(task.accounts)
    for (kind, confidence), some in sorted(links.group_by("kind", pl.col("confidence").round(2))):
        pairs = set(some.select("account_id", "other_account_id").iter_rows())
        score = task.score(pairs)
        if score.found:
            shown.add_row(f"{kind} {confidence:.2f}", *score.cells()[:4])
    console.print(shown)


def read_sightings(folder: Path, source: str) -> pl.DataFrame:
    """The snapshots of one source as observations."""
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
    """The changes in the reference."""
    changes = pl.read_csv(folder / "known_changes.csv").filter(
        pl.col("source").str.starts_with(source) & (pl.col("field") == field)
    )
    return set(changes.select("platform", "old", "new").iter_rows())


def changes_found(changes: pl.DataFrame, *kinds: ChangeKind) -> Pairs:
    """The changes of some kinds, in the form of the reference."""
    rows = changes.filter(pl.col("kind").is_in([str(kind) for kind in kinds]))
    return set(rows.select("platform", "old_value", "new_value").iter_rows())


def in_half(pairs: Iterable[tuple[str, ...]], half: int) -> Pairs:
    """The changes whose old handle is in one half."""
    return {pair for pair in pairs if half_of(pair[1]) == half}


def renames_report(console: Console, folder: Path) -> None:
    """Print scores of renames, with the native id and without it."""
    shown = table("Changes with a known native id (all data; nothing to tune)", "source and field", *SCORES)
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
    hidden = table("Probable renames, native id hidden", "source, half and tolerance", *SCORES)
    for source, note in (("jayden856-tiktok-2025", "truth by id"), ("kaggle-top1000-2022", "truth inferred, circular")):
        observations = with_account_ids(read_sightings(folder, source).drop("native_id"), SECRET)
        # A respelled handle is the same account, so there is nothing to guess.
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


def main() -> int:
    """Print all reports. Returns 0, or 1 if the reference data are missing."""
    console = Console(width=140)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else REFERENCE
    if not (folder / "cross_platform_links.parquet").is_file():
        console.print(f"The reference data were not found in {folder}. Pass their folder as the first argument.")
        return 1
    people_report(console, read_accounts(folder))
    renames_report(console, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
