"""How fast are tables rebuilt out of the archive, beside merely reading and writing the same bytes?

Buys a search and the profiles of its creators from a sandbox, stops it, and rebuilds both tables: look-ups, bodies,
rows, contract, Parquet. The floor reads and decompresses the same bodies out of the same database and writes
the bytes of the same files. Both write durably. Each round is a process of its own for either, in turn, so that neither
inherits the other's memory. Prints medians with the smallest and the largest. Run it as ``python -m
benchmarks.rebuild``; ``--profiles 10000`` is a large partition.
"""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

import dataframely as dy
import httpx
import polars as pl
import pyarrow as pa
import typer

from benchmarks.memory import peak_mib
from creator_assets.demand.profiles import ANSWERS_AT_A_TIME
from creator_assets.demand.requests import window_of
from creator_assets.ledger.ledger import Ledger
from creator_assets.ledger.records import Attribution
from creator_assets.microcredits import format_credits
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import capability
from creator_assets.providers.contract.kinds import CapabilityKind
from creator_assets.providers.contract.operations import Answer
from creator_assets.sandbox import SandboxSettings, start_in_background
from creator_assets.settings import Resources, from_environment
from creator_assets.spending.fetch import FetchContext
from creator_assets.spending.paid_client import PaidClient
from creator_assets.tables import schemas

PROVIDER, PLATFORM, SLUG = "influencers_club", "instagram", "benchmark"
PARTITION = Partition.week_of(SLUG, date(2026, 11, 2))
KEY, LIMIT = "sandbox-influencers-club", "1000000"
BRIEF = f"""
brief: {{market: Germany, start: 2026-11-02, end: 2040-12-31, currency: EUR}}
budget: {{{PROVIDER}: {LIMIT}}}
roster: [{{platform: {PLATFORM}, handle: adidas}}]
shortlist: {{top: 1}}
"""
Figures = dict[str, float]


class Table(NamedTuple):
    """A table's rows, in parts, and the answers that they were made of."""

    name: str
    schema: type[dy.Schema]
    parts: list[pl.DataFrame]
    answers: Sequence[Answer]


def main(
    profiles: Annotated[int, typer.Option(help="How many creators are searched for and enriched.")] = 300,
    rounds: Annotated[int, typer.Option(help="How often either is measured.")] = 5,
) -> None:
    """Fill, measure in turn, print one JSON object."""
    with tempfile.TemporaryDirectory(prefix="rebuild-benchmark-") as folder:
        fill(Path(folder), profiles)
        spent = spent_of(from_environment(os.environ))
        measured = [(in_a_process(rebuild, profiles), in_a_process(floor, profiles)) for _ in range(rounds)]
        if spent_of(from_environment(os.environ)) != spent:
            raise SystemExit("a rebuild has spent credits: this is a fault, and no measurement")
    rebuilds, floors = zip(*measured, strict=True)
    figures = {
        "load_average": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
        "credits_of_the_archive": format_credits(spent),
        "credits_of_the_rebuilds": "0",
        **{name: int(rebuilds[0][name]) for name in ("answers", "body_bytes", "rows", "table_bytes")},
        "rebuilt_rows_per_second": spread([one["rows"] / one["seconds"] for one in rebuilds], 0),
        "floor_rows_per_second": spread([rebuilds[0]["rows"] / one["seconds"] for one in floors], 0),
        "rebuild_to_floor_seconds": spread([one["seconds"] / least["seconds"] for one, least in measured], 1),
        "rebuild_cpu_seconds": spread([one["cpu_seconds"] for one in rebuilds], 2),
        "floor_cpu_seconds": spread([one["cpu_seconds"] for one in floors], 2),
        "rebuild_added_mib": spread([one["added_mib"] for one in rebuilds], 1),
        "floor_added_mib": spread([one["added_mib"] for one in floors], 1),
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


def fill(folder: Path, profiles: int) -> None:
    """Buy every answer, and write both tables once: the floor writes the same bytes."""
    (folder / "campaigns").mkdir()
    (folder / "campaigns" / f"{SLUG}.yaml").write_text(BRIEF, encoding="utf-8")
    with start_in_background(SandboxSettings(size=20 * profiles, rate_limit_scale=1e6)) as sandbox:
        os.environ |= {
            "CREATOR_ASSETS_DATA": str(folder / "data"),
            "CREATOR_ASSETS_REALM": "sandbox-rebuild",
            "CREATOR_ASSETS_CAMPAIGNS": str(folder / "campaigns"),
            "INFLUENCERS_CLUB_BASE_URL": sandbox.url(PROVIDER),
            "INFLUENCERS_CLUB_API_KEY": KEY,
            "INFLUENCERS_CLUB_CREDIT_LIMIT": LIMIT,
        }
        raised = {"key": KEY, "limit": LIMIT, "discovery_limit": LIMIT}
        httpx.post(f"{sandbox.url('_sandbox')}/accounts", json=raised, timeout=30).raise_for_status()
        resources = from_environment(os.environ)
        with filling_client(resources) as paid_client:
            write(resources, tables_of(paid_client, resources, profiles))


@contextmanager
def filling_client(resources: Resources) -> Iterator[PaidClient]:
    """The paid client in a week that is over, by a clock that goes on only while somebody waits for a rate limit."""
    now = PARTITION.start + timedelta(hours=12)

    def sleep(seconds: float) -> None:
        nonlocal now
        now += timedelta(seconds=seconds)

    with Ledger.open(
        resources.paid_client.ledger, realm=resources.paid_client.realm, clock=lambda: now, sleep=sleep
    ) as ledger:
        accounts = {name: one.account(name) for name, one in resources.paid_client.providers().items()}
        budgets = {slug: brief.budget_microcredits for slug, brief in resources.campaigns.load().by_slug.items()}
        yield PaidClient(ledger, accounts, budgets, sleep=sleep)


def rebuild(profiles: int) -> Figures:
    """Both tables, out of the archive."""
    resources = from_environment(os.environ)
    stopwatch = Stopwatch()
    figures = write(resources, tables_of(resources.paid_client.open(), resources, profiles))
    return figures | stopwatch.read()


def write(resources: Resources, tables: Iterator[Table]) -> Figures:
    """Write the tables; returns how much that was."""
    store = resources.tables.open()
    figures = dict.fromkeys(("answers", "body_bytes", "rows", "table_bytes"), 0.0)
    for table in tables:
        written = store.write(table.schema, table.name, PARTITION.path_parts, pl.concat(table.parts))
        figures["answers"] += len(table.answers)
        figures["body_bytes"] += sum(len(answer.body) for answer in table.answers)
        figures["rows"] += written.rows
        figures["table_bytes"] += written.bytes
    return figures


def tables_of(paid_client: PaidClient, resources: Resources, profiles: int) -> Iterator[Table]:
    """The creators of one search, then the profile of each."""
    settings = resources.paid_client.settings()[PROVIDER]
    spender = Attribution(
        asset="benchmark", partition=str(PARTITION.key), campaign=SLUG, run_id="benchmark", step="-", code_version="1"
    )
    purpose = FetchContext(spender=spender, window=window_of(PARTITION))
    search = capability(CapabilityKind.SEARCH, provider=PROVIDER, platform=PLATFORM)
    (found,) = paid_client.fetch([search.pages(settings, PLATFORM, {}, profiles)], purpose).answers
    creators = search.rows(found, origin="search", origin_name="benchmark", platform=PLATFORM).rows
    yield Table("discovery_results", schemas.DiscoveryResults, [creators], found)
    profile = capability(CapabilityKind.PROFILE, provider=PROVIDER, platform=PLATFORM, depth="full")
    wanted = [profile.pages(settings, PLATFORM, username) for username in creators["username"]]
    answers = [answer for of_one in paid_client.fetch(wanted, purpose).answers for answer in of_one]
    parts = [
        profile.rows(answers[start : start + ANSWERS_AT_A_TIME]).rows
        for start in range(0, len(answers), ANSWERS_AT_A_TIME)
    ]
    yield Table("enriched_profiles", schemas.EnrichedProfiles, parts, answers)


def floor(_profiles: int) -> Figures:
    """The bodies out of the database, and the bytes of the tables into a file."""
    resources = from_environment(os.environ)
    root = resources.tables.open().root
    tables = [path.read_bytes() for path in root.rglob("*.parquet")]
    codec = pa.Codec("zstd")
    stopwatch = Stopwatch()
    with sqlite3.connect(f"file:{resources.paid_client.ledger}?mode=ro", uri=True) as database:
        for data, raw_bytes in database.execute("SELECT data, raw_bytes FROM body"):
            codec.decompress(data, decompressed_size=raw_bytes)
    for number, content in enumerate(tables):
        with (root / f"floor-{number}").open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    return stopwatch.read()


class Stopwatch:
    """Seconds and seconds of CPU since it was made, and by how much the process's peak of memory has grown."""

    def __init__(self) -> None:
        self._begun, self._cpu, self._peak_mib = time.perf_counter(), time.process_time(), peak_mib()

    def read(self) -> Figures:
        """What has gone by."""
        return {
            "seconds": time.perf_counter() - self._begun,
            "cpu_seconds": time.process_time() - self._cpu,
            "added_mib": peak_mib() - self._peak_mib,
        }


def in_a_process(measure: Callable[[int], Figures], profiles: int) -> Figures:
    """Measure in a process that has done nothing else."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, profiles).result()


def spent_of(resources: Resources) -> int:
    """Everything that the ledger counts as spent with the provider, in microcredits."""
    with Ledger.open(resources.paid_client.ledger, realm=resources.paid_client.realm) as ledger:
        return sum(one.spent_microcredits for one in ledger.balances() if one.scope == PROVIDER)


def spread(values: list[float], digits: int) -> str:
    """Median and, in brackets, the smallest and the largest."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


if __name__ == "__main__":
    typer.run(main)
