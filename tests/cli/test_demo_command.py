"""``creator-assets demo``: what it prints and leaves behind, and what the other commands say after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.cli.checkout import PROGRAM, Checkout
from tests.market import CLUB, DATA
from tests.reference import reference

# One checkout for all of them, so that they are not spread over processes.
pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def first(checkout: Checkout) -> tuple[Any, Any]:
    """The plan before the first demo, and what that demo said."""
    return checkout.json("plan"), checkout.json("demo")


def test_the_demo_prints_one_json_object_of_the_promised_shape(first: tuple[Any, Any], checkout: Checkout) -> None:
    _, said = first
    assert set(said) == {"partitions", "credits", "data_dir"}
    assert all(set(one) == {"asset", "partition", "rows"} for one in said["partitions"])
    assert all(isinstance(one["rows"], int) for one in said["partitions"])
    assert all(set(two) == {"ledger", "meter"} for two in said["credits"].values())
    assert all(isinstance(amount, str) for two in said["credits"].values() for amount in two.values())
    assert Path(said["data_dir"]) == checkout.home / "data"
    made = {(one["asset"], (one["partition"] or "").partition("|")[0]) for one in said["partitions"]}
    assert made >= {
        (asset, campaign)
        for asset in ("discovery_results", "shortlist", "enriched_profiles")
        for campaign in ("berlin-fitness", "uk-gaming-tiktok")
    }
    assert {("filter_values", ""), ("credit_ledger", ""), ("provider_balances", "")} <= made


def test_the_rows_that_the_demo_counts_lie_in_the_files(first: tuple[Any, Any]) -> None:
    _, said = first
    tables = Path(said["data_dir"]) / "tables"
    for one in said["partitions"]:
        if one["partition"] is None:
            continue
        campaign, _, first_day = one["partition"].partition("|")
        length = "day" if one["asset"] in {"video_stats", "campaign_performance"} else "week"
        path = tables / one["asset"] / f"campaign={campaign}" / f"{length}={first_day}" / "part-0.parquet"
        assert pl.read_parquet(path).height == one["rows"]


def test_the_demo_ends_with_reports(first: tuple[Any, Any]) -> None:
    _, said = first
    rows = {(one["asset"], (one["partition"] or "").partition("|")[0]): one["rows"] for one in said["partitions"]}
    for campaign in ("berlin-fitness", "uk-gaming-tiktok"):
        assert rows["creator_scorecard", campaign] > 0
        assert rows["roster_reach", campaign] == 1
    assert rows["campaign_performance", "uk-gaming-tiktok"] == 1
    # Followed by a look a day, which the week has begun with.
    assert rows["tracked_videos", "berlin-fitness"] == rows["video_stats", "berlin-fitness"] == 2


def test_the_ledger_equals_the_meter_to_the_millionth(first: tuple[Any, Any]) -> None:
    _, said = first
    for two in said["credits"].values():
        assert two["ledger"] == two["meter"]
    paid = {provider for provider, two in said["credits"].items() if Decimal(two["ledger"])}
    assert paid == {"influencers_club", "infludata", "influtics", "keyapi"}


def test_the_plan_before_the_demo_brackets_what_it_spent(first: tuple[Any, Any]) -> None:
    plan, said = first
    for provider, two in said["credits"].items():
        lines = [line["credits"] for line in plan["lines"] if line["provider"] == provider]
        least, most = (sum(Decimal(line[bound]) for line in lines) for bound in ("min", "max"))
        assert least <= Decimal(two["ledger"]) <= most
    assert plan["summary"].endswith("everything fits.")


def test_a_second_demo_spends_nothing(first: tuple[Any, Any], checkout: Checkout) -> None:
    _, said = first
    again = checkout.run("demo").stdout
    assert "Spent by this demo: 0 credits. The archive had every answer." in again
    for provider, two in said["credits"].items():
        assert f"{provider}: ledger {two['ledger']}, meter of the provider {two['meter']}: equal" in again


def test_after_the_demo_nothing_is_left_to_plan(first: tuple[Any, Any], checkout: Checkout) -> None:
    plan = checkout.json("plan")
    assert {line["verdict"] for line in plan["lines"]} == {"nothing to buy"}
    assert {line["credits"]["max"] for line in plan["lines"]} == {"0"}


def test_all_state_lies_under_one_folder(first: tuple[Any, Any], checkout: Checkout) -> None:
    kept = {"dagster.yaml", "workspace.yaml", "campaigns", "data"}
    assert {path.name for path in checkout.home.iterdir()} <= kept


def test_the_budget_shows_what_was_spent_and_is_left(first: tuple[Any, Any], checkout: Checkout) -> None:
    _, said = first
    budgets = {one["scope"]: one for one in checkout.json("budget")["budgets"]}
    assert budgets[CLUB]["spent"] == said["credits"][CLUB]["ledger"]
    assert (budgets[CLUB]["held"], budgets[CLUB]["in_doubt"]) == ("0", "0")
    assert budgets["campaign:berlin-fitness/influencers_club"]["limit"] == "250"


def test_a_suspended_provider_is_shown_with_the_reason_and_resumed_by_hand(
    first: tuple[Any, Any], checkout: Checkout
) -> None:
    with checkout.ledger() as ledger:
        ledger.suspend_provider([CLUB], until=None, reason="the key was refused (HTTP 401)")
    suspended = {one["scope"]: one["suspended"] for one in checkout.json("budget")["budgets"]}
    assert "are suspended since" in suspended[CLUB]
    assert suspended[DATA] is None
    assert f"SUSPENDED {CLUB}: paid requests are suspended since" in checkout.run("budget").stdout
    resumed = checkout.run("budget", "--resume", CLUB)
    assert resumed.stderr == f"Resumed: {CLUB}.\n"
    assert "SUSPENDED" not in resumed.stdout
    assert f"Nothing of {CLUB} is suspended." in checkout.run("budget", "--resume", CLUB).stderr
    assert "is none of" in checkout.run("budget", "--resume", "nobody", code=2).stderr


def test_the_old_name_of_resume_still_works_with_a_warning(first: tuple[Any, Any], checkout: Checkout) -> None:
    with checkout.ledger() as ledger:
        ledger.suspend_provider([DATA], until=None, reason="the key was refused (HTTP 401)")
    said = checkout.run("budget", "--unfreeze", DATA).stderr
    assert said.startswith("--unfreeze is now called --resume.")
    assert said.endswith(f"Resumed: {DATA}.\n")
    assert "--unfreeze" not in checkout.run("budget", "--help").stdout
    assert "is none of" in checkout.run("budget", "--unfreeze", "nobody", code=2).stderr


def test_the_doctor_finds_everything_in_order(first: tuple[Any, Any], checkout: Checkout) -> None:
    findings = checkout.json("doctor")
    assert all(finding["is_well"] for finding in findings)
    subjects = {"ledger", "Dagster", "campaign berlin-fitness", "account ids"}
    assert subjects <= {finding["subject"] for finding in findings}


def test_an_interrupted_demo_says_so_and_the_next_one_pays_for_the_rest_alone(home: Checkout, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "demo"],
        cwd=tmp_path,
        env=home.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        assert any(line.startswith("audience_reports ...") for line in demo.stdout)
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does: every process that the command has started gets it
        _, complaint = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert complaint.strip() == "Interrupted. What was paid for is kept. Run the same command again to continue."
    before = {one["scope"]: Decimal(one["spent"]) for one in home.json("budget")["budgets"]}
    assert before[CLUB] > 0
    for two in home.json("demo")["credits"].values():
        assert two["ledger"] == two["meter"]


def test_two_demos_at_once_pay_once_and_agree_with_the_meter(home: Checkout) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: home.json("demo"), range(2)))
    assert both[0]["credits"] == both[1]["credits"]
    for two in both[0]["credits"].values():
        assert two["ledger"] == two["meter"] != "0"


def test_real_creators_are_served_and_paid_for_to_the_millionth(home: Checkout) -> None:
    universe = reference("data/creators.parquet", "real creators")
    said = home.json("demo", "--universe", str(universe))
    for two in said["credits"].values():
        assert two["ledger"] == two["meter"]
    rows = {(one["asset"], (one["partition"] or "").partition("|")[0]): one["rows"] for one in said["partitions"]}
    assert rows["enriched_profiles", "berlin-fitness"] > 0
    assert rows["enriched_profiles", "uk-gaming-tiktok"] == 15
    handles = pl.read_parquet(universe, columns=["username"])["username"].implode()
    found = pl.read_parquet(f"{said['data_dir']}/tables/enriched_profiles/**/*.parquet")
    enriched = found.filter(pl.col("state") == "enriched")["username"]
    # The documents' own examples are served beside the file's creators.
    assert enriched.is_in(handles).sum() >= 0.9 * enriched.len()
