"""E-mail matches: off unless a reason is recorded, planned as they are billed, and no address anywhere but the request.

What is said of every byte that a run writes is tested in ``test_privacy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from creator_assets.assets.graph import asset_graph
from creator_assets.campaigns import load_campaigns
from creator_assets.demand.plan_context import demands_of, plan_context
from creator_assets.identity.secret import InstallationSecret
from creator_assets.ledger.ledger import Ledger
from creator_assets.partitions import Partition
from creator_assets.providers.capabilities import catalog
from creator_assets.sandbox.universe.population import Population, day_of
from creator_assets.spending.planning.plan import PlanLine, make_plan
from tests.assets.house import failure_of
from tests.assets.stage import TimedProject, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
CREDIT = 1_000_000
NOBODY = "nobody.at.all@example.com"
BRIEF = """
brief: {{market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}}
budget: {{influencers_club: 50}}
email_matches:
  addresses: {path}
  lawful_basis: consent
  purpose: To invite creators among the subscribers.
  max_addresses: 20
  depth: {depth}
"""
PRICES_MICROCREDITS = {"basic": CREDIT // 10, "advanced": 2 * CREDIT}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as made:
        yield made


def known_addresses(count: int) -> list[str]:
    """Addresses behind which the sandbox's people have accounts."""
    people = Population(7, 2_000)
    day = day_of(TUESDAY)
    found = (people.profile("instagram", index, day).email for index in range(200))
    return [one for one in found if one is not None][:count]


def prepared(stage: TimedProject, addresses: list[str], depth: str = "basic") -> Path:
    path = stage.folder / "invited.txt"
    path.write_text("\n".join(addresses))
    stage.brief("one", BRIEF.format(path=path, depth=depth))
    return path


def plan(stage: TimedProject) -> PlanLine:
    (campaign,) = load_campaigns(stage.folder / "campaigns", catalog()).by_slug.values()
    partition = Partition.week_of(campaign.slug, stage.clock.now.date())
    resources = stage.resources()
    settings, secret = resources["paid_client"].settings(), resources["identity"].secret
    with Ledger.open(stage.folder / "ledger.sqlite", realm="sandbox-stage", clock=stage.clock) as ledger:
        at = plan_context(campaign, partition, ledger, settings, secret)
        lines = make_plan(ledger, demands_of(asset_graph().stages.values(), at))
    (line,) = (line for line in lines if line.asset == "email_matches")
    return line


@pytest.mark.parametrize("depth", ["basic", "advanced"])
def test_each_address_is_asked_once_known_by_its_hash_and_rebuilt_for_nothing(stage: TimedProject, depth: str) -> None:
    known = known_addresses(8)
    prepared(stage, [*known, NOBODY, known[0].upper()], depth)
    before = plan(stage)
    assert (before.calls_max, before.max_microcredits) == (9, 9 * PRICES_MICROCREDITS[depth])
    metadata = state_of(stage.run("email_matches", slug="one"), "email_matches")
    rows = stage.table("email_matches")
    secret = InstallationSecret.open_with_fingerprint(stage.folder / "data")
    assert set(rows["email_hash"]) == {secret.keyed_hash("email", one) for one in [*known, NOBODY]}
    matched = rows.filter(state="matched")
    assert matched["email_hash"].n_unique() > 3
    assert rows.filter(email_hash=secret.keyed_hash("email", NOBODY))["state"].to_list() == ["not_found"]
    assert set(rows["lawful_basis"]) == {"consent"}
    assert set(rows["purpose"]) == {"To invite creators among the subscribers."}
    assert matched["account_id"].null_count() == 0
    assert rows.filter(state="not_found")["account_id"].null_count() == rows.height - matched.height
    spent = matched["email_hash"].n_unique() * PRICES_MICROCREDITS[depth]
    assert stage.spent()["influencers_club"] == rows["cost_microcredits"].sum() == spent
    assert before.min_microcredits <= spent <= before.max_microcredits
    assert (plan(stage).calls_max, plan(stage).archive_hits) == (0, 9)
    stage.gone = True
    again = state_of(stage.run("email_matches", slug="one"), "email_matches")
    assert (again["content_digest"], metadata["addresses_asked"]) == (metadata["content_digest"], 9)


def test_small_accounts_and_excluded_platforms_match_nobody_and_cost_nothing(stage: TimedProject) -> None:
    known = known_addresses(8)
    path = prepared(stage, known, "advanced")
    state_of(stage.run("email_matches", slug="one"), "email_matches")
    everybody = stage.table("email_matches").filter(state="matched")
    followers = everybody["followers"].sort()
    least = int(followers[followers.len() // 2])
    spent = stage.spent()["influencers_club"]
    # Another limit is another request: what was bought without it is not what is asked for now.
    brief = BRIEF.format(path=path, depth="advanced") + f"  min_followers: {least}\n"
    stage.brief("one", brief)
    state_of(stage.run("email_matches", slug="one"), "email_matches")
    large = stage.table("email_matches").filter(state="matched")
    assert 0 < large.height < everybody.height
    assert large.filter(large["followers"] < least).is_empty()
    assert stage.spent()["influencers_club"] - spent == large["email_hash"].n_unique() * 2 * CREDIT
    # The sandbox's people whose addresses are known are on Instagram, among others.
    stage.brief("one", brief + "  exclude_platforms: [instagram]\n")
    state_of(stage.run("email_matches", slug="one"), "email_matches")
    elsewhere = stage.table("email_matches")
    assert "instagram" in set(large["platform"])
    assert "instagram" not in set(elsewhere["platform"])
    assert elsewhere["email_hash"].n_unique() == len(known)


def test_without_the_section_nothing_is_asked(stage: TimedProject) -> None:
    prepared(stage, known_addresses(2))
    brief = stage.folder / "campaigns" / "one.yaml"
    brief.write_text(brief.read_text().partition("email_matches")[0] + "roster: [{platform: tiktok, handle: a}]\n"
                     "shortlist: {top: 1}\n")  # fmt: skip
    metadata = state_of(stage.run("email_matches", slug="one"), "email_matches")
    assert (metadata["dagster/partition_row_count"], metadata["addresses_asked"], stage.asked()) == (0, 0, 0)


def test_a_file_that_changed_costs_only_what_is_new_and_forgets_what_is_gone(stage: TimedProject) -> None:
    known = known_addresses(4)
    path = prepared(stage, known[:3])
    stage.run("email_matches", slug="one")
    spent, asked = stage.spent()["influencers_club"], stage.asked()
    path.write_text("\n".join(known[1:]))
    assert plan(stage).calls_max == 1
    stage.run("email_matches", slug="one")
    secret = InstallationSecret.open_with_fingerprint(stage.folder / "data")
    rows = stage.table("email_matches")
    assert set(rows["email_hash"]) == {secret.keyed_hash("email", one) for one in known[1:]}
    assert stage.asked() == asked + 1
    assert stage.spent()["influencers_club"] <= spent + PRICES_MICROCREDITS["basic"]


def test_a_file_that_cannot_be_used_fails_with_file_and_line_and_bounds_the_plan(stage: TimedProject) -> None:
    path = prepared(stage, ["jane.canary"])
    line = plan(stage)
    assert (line.min_microcredits, line.max_microcredits) == (0, 20 * PRICES_MICROCREDITS["basic"])
    said = failure_of(stage.run("email_matches", slug="one", raise_on_error=False), "email_matches")
    assert f"{path}:1: this is no e-mail address" in said
    assert "jane" not in said
    path.unlink()
    said = failure_of(stage.run("email_matches", slug="one", raise_on_error=False), "email_matches")
    assert f"{path}: the file of addresses cannot be read" in said
    assert stage.asked() == 0
