"""Nothing personal and no key where it does not belong: canaries are planted and every byte that was written is read.

Handles may stand in the personal columns of tables and in archived bodies; e-mail addresses in archived bodies alone;
addresses that were asked about, and keys, nowhere at all.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pyarrow as pa
import pytest

from creator_assets.assets.graph import asset_graph
from creator_assets.automation.run_coordinator import plan_of
from creator_assets.partitions import Partition
from creator_assets.sandbox.universe.population import Population, day_of
from creator_assets.spending.planning.approved_plan import write_plan
from creator_assets.tables.schemas import ALL_TABLES
from tests.assets.house import TODAY, Project
from tests.market import CLUB, DATA, NOON, Market

KEYS = {CLUB: "sk-canary-club-7f3a9b", DATA: "sk-canary-data-5c1e8d"}
PLANTED = ("canary.roster.4711", "fashioninfluencer", "canary.excluded.4711")
BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 50, infludata: 50}
discovery:
  - {name: instagram, provider: influencers_club, platform: instagram, max_creators: 40}
  - {name: tiktok, provider: infludata, platform: tiktok, max_creators: 20}
lookalikes: [{provider: influencers_club, platform: instagram, like: fashioninfluencer, max_creators: 10}]
roster: [{platform: instagram, handle: canary.roster.4711}]
shortlist: {top: 20, exclude: [canary.excluded.4711]}
profiles: {depth: full}
content: {top: 2, max_items: 12, details: {kinds: [data, comments], top: 4}}
linked_accounts: {top: 10}
email_matches:
  {addresses: %s, lawful_basis: consent, purpose: To invite them, max_addresses: 20, depth: advanced}
"""
NOBODY, WRONG = "canary.nobody.4711@example.com", "canary.wrong.4711@@example.com"
EMAIL = re.compile(rb"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z.]{2,}")


@pytest.fixture
def house(market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A house whose Dagster writes files, as it does in use."""
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        yield Project(tmp_path, market, monkeypatch, instance)


def asked_about() -> list[str]:
    """Addresses of people that the sandbox knows, which its advanced answers repeat, and one of nobody."""
    people = Population(7, 2_000)
    found = (people.profile("instagram", index, day_of(NOON)).email for index in range(40, 80))
    return [*[one for one in found if one is not None][:8], NOBODY]


def live_in(house: Project, monkeypatch: pytest.MonkeyPatch, outside: Path) -> None:
    """Runs with canary keys in which things go well and wrong, all of them logged as loudly as can be."""
    market = house.market
    for provider, canary in KEYS.items():
        account = {"key": canary, "provider": provider, "client_id": "sandbox-client", "limit": "5000"}
        market.control.post("/accounts", json=account | {"discovery_limit": "500"}).raise_for_status()
        monkeypatch.setenv(f"{provider.upper()}_API_KEY", canary)
    addresses = outside / "addresses.txt"
    house.brief("alpha", BRIEF % addresses)
    loud = {"loggers": {"console": {"config": {"log_level": "DEBUG"}}}}
    house.run(job="filters", run_config=loud)
    house.run("alpha", run_config=loud, assets=["discovery_results", "shortlist"])
    market.fault("drop_after_charge", "IC-14", nth=3)
    market.fault("malformed_json", "IC-14", nth=5)
    market.fault("status", "ID-3", status=422)
    house.run("alpha", run_config=loud, raise_on_error=False, assets=["enriched_profiles"])
    market.control.delete("/faults")
    monkeypatch.setenv("INFLUDATA_API_KEY", KEYS[DATA] + "-wrong")
    house.run("alpha", run_config=loud, raise_on_error=False, assets=["enriched_profiles"])
    monkeypatch.setenv("INFLUDATA_API_KEY", KEYS[DATA])
    house.run(job="books", run_config=loud)  # the balance lifts the freeze that the wrong key brought
    allow_repeats(house)
    house.run("alpha", run_config=loud)
    house.run("alpha", run_config=loud, assets=["content", "content_details"])
    match_emails(house, addresses, loud)
    house.run(job="people", run_config=loud)
    house.run(job="books", run_config=loud)


def match_emails(house: Project, addresses: Path, loud: Mapping[str, Any]) -> None:
    """With a wrong file, with answers that are cut, lost or refused, and well; planned and kept in a file as well."""
    market = house.market
    addresses.write_text(f"{NOBODY}\n{WRONG}\n")
    house.run("alpha", run_config=loud, raise_on_error=False, assets=["email_matches"])
    addresses.write_text("\n".join(asked_about()))
    house.run("alpha", job="plan", run_config=loud, assets=["credit_plan"])
    resources = house.resources()
    partition, briefs = Partition.week_of("alpha", TODAY), resources.campaigns.load()
    stages = [one for one in asset_graph().stages.values() if one.kind is partition.kind]
    lines = plan_of([partition], stages, resources.paid_client, briefs, resources.identity.secret)
    ledger = resources.paid_client.open().ledger
    write_plan(house.folder / "plan.json", ledger.realm, ledger.now(), lines)
    resources.paid_client.close()
    market.fault("malformed_json", "IC-16", nth=2)
    market.fault("drop_after_charge", "IC-16", nth=3)
    market.fault("status", "IC-16", status=422, nth=4)
    house.run("alpha", run_config=loud, raise_on_error=False, assets=["email_matches"])
    market.control.delete("/faults")
    allow_repeats(house)
    house.run("alpha", run_config=loud, assets=["linked_accounts", "email_matches"])


def allow_repeats(house: Project) -> None:
    paid_client = house.paid_client()
    for attempt in list(paid_client.ledger.attempts()):
        if attempt.state == "in_doubt":
            paid_client.ledger.allow_repeat(attempt.attempt_id, "a person looked at it")
    paid_client.close()


def bodies(ledger: Path) -> list[bytes]:
    codec = pa.Codec("zstd")
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT data, raw_bytes FROM body").fetchall()
    return [codec.decompress(data, decompressed_size=size).to_pybytes() for data, size in rows]


def rows_without_bodies(ledger: Path) -> bytes:
    """Everything that the ledger's tables say, but for the bodies themselves."""
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        lines = []
        for table in tables:
            cursor = database.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name out of the database itself
            names = [column[0] for column in cursor.description]
            lines += [
                repr([value for name, value in zip(names, row, strict=True) if (table, name) != ("body", "data")])
                for row in cursor
            ]
    return "\n".join(lines).encode()


def test_personal_data_and_keys_stay_where_they_belong(
    house: Project,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    live_in(house, monkeypatch, tmp_path_factory.mktemp("outside"))
    printed = "".join(capfd.readouterr()).encode()
    assert b"DEBUG" in printed
    (ledger,) = (house.folder / "data").glob("ledger-*.sqlite")
    archived = b"\n".join(bodies(ledger))
    emails = set(EMAIL.findall(archived))
    handles = {name.encode() for name in house.table("discovery_results")["username"] if len(name) >= 8}
    handles |= {handle.encode() for handle in PLANTED}
    keys = {canary.encode() for canary in KEYS.values()}
    inputs = [one.encode() for one in (*asked_about(), WRONG)]
    answered = house.table("email_matches").filter(state="matched")["email_hash"].unique()
    assert len(answered) > 4
    assert sum(one.encode() in archived for one in answered) > 2, "some answers repeat what was asked"
    # Were there none, nothing could be found and the rest would prove nothing.
    assert len(handles) > 50
    assert len(emails) > 5
    assert sum(handle in archived for handle in handles) > 50

    written = {path: path.read_bytes() for path in house.folder.rglob("*") if path.is_file()}
    tables = {path for path in written if path.suffix == ".parquet"}
    books = {path for path in written if path.name.startswith("ledger-")}
    elsewhere = {
        str(path): content
        for path, content in written.items()
        if path not in tables | books and path.parent != house.campaigns
    }
    assert any("history" in place for place in elsewhere), "the event log is among what is searched"
    elsewhere |= {"standard output and error": printed, "rows of the ledger": rows_without_bodies(ledger)}
    for place, content in elsewhere.items():
        for what, canaries in (("handle", handles), ("e-mail address", emails), ("key", keys)):
            found = [canary for canary in canaries if canary in content]
            assert not found, f"a {what} in {place}: {found[:3]}"
    for place, content in {
        "archived bodies": archived,
        **{str(path): written[path] for path in tables | books},
    }.items():
        assert not [canary for canary in keys if canary in content], f"a key in {place}"
    for place, content in {
        "archived bodies": archived,
        "standard output and error": printed,
        "rows of the ledger": rows_without_bodies(ledger),
        **{str(path): content for path, content in written.items()},
    }.items():
        found = [one for one in inputs if one in content.lower()]
        assert not found, f"an address that was asked about in {place}: {found[:3]}"
    for run in house.instance.get_runs():
        assert not [handle for handle in PLANTED if handle in repr((run.tags, run.run_config))]

    texts = {handle.decode() for handle in handles}
    for name, schema in ALL_TABLES.items():
        for column, text in texts_of(house.table(name)):
            columns = schema.columns()
            personal = (columns[column].metadata or {}).get("personal") if column in columns else None
            found_addresses = [one for one in emails if one.decode() in text]
            assert not found_addresses, f"an e-mail address in {name}.{column}"
            if personal not in {"direct", "sensitive"}:
                assert not [one for one in texts if one in text], f"a handle in {name}.{column}"
    assert house.table("enriched_profiles")["has_email"].any()
    assert any(b"viewer.mail@" in one for one in emails)
    assert house.table("content_details").height > 20


def texts_of(table: pl.DataFrame) -> Iterator[tuple[str, str]]:
    for column in table.columns:
        yield column, "\n".join(str(value) for value in table[column].to_list())
