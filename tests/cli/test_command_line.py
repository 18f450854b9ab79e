"""The command line as a user or a script meets it: real processes in a copy of the checkout's files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from creator_assets.cli import app
from creator_assets.environment import WrongSettingError, from_environment
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.records import Granted, InDoubt, Outcome, Want, Window
from tests.market import CLUB, DATA
from tests.reference import reference
from tests.spending.scenery import WHO

# One checkout for all of them, so that they are not spread over processes.
pytestmark = pytest.mark.xdist_group("command_line")

CHECKOUT = Path(__file__).parents[2]
PROGRAM = "from creator_assets.cli import main; main()"


class Checkout:
    """The files that a checkout needs, in a folder of their own, and an environment without anything else."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(home)}
        for name in ("dagster.yaml", "workspace.yaml", "campaigns"):
            source = CHECKOUT / name
            if source.is_dir():
                shutil.copytree(source, home / name)
            else:
                shutil.copy(source, home)

    def run(self, *arguments: str, code: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run ``creator-assets`` and check its exit code; no stack trace may ever show."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=self.home,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def json(self, *arguments: str, code: int = 0, **environ: str) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code, **environ).stdout)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def first(checkout: Checkout) -> tuple[Any, Any]:
    """The plan before the first demo, and what that demo said."""
    return checkout.json("plan"), checkout.json("demo")


# -- the demo


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
    assert "Spent by this demo: 0 credits. Every answer came out of the archive." in again
    for provider, two in said["credits"].items():
        assert f"{provider}: ledger {two['ledger']}, the provider's own meter {two['meter']}: equal" in again


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


def test_a_freeze_is_shown_with_its_reason_and_lifted_by_hand(first: tuple[Any, Any], checkout: Checkout) -> None:
    (path,) = (checkout.home / "data").glob("ledger-*.sqlite")
    with Ledger.open(path, realm=path.stem.removeprefix("ledger-")) as ledger:
        ledger.freeze([CLUB], until=None, reason="the key was refused (HTTP 401)")
    frozen = {one["scope"]: one["frozen"] for one in checkout.json("budget")["budgets"]}
    assert "sent since" in frozen[CLUB]
    assert frozen[DATA] is None
    assert f"FROZEN {CLUB}: nothing that costs is sent since" in checkout.run("budget").stdout
    lifted = checkout.run("budget", "--unfreeze", CLUB)
    assert f"Lifted: {CLUB}." in lifted.stderr
    assert "FROZEN" not in lifted.stdout
    assert f"Nothing of {CLUB} is frozen." in checkout.run("budget", "--unfreeze", CLUB).stderr
    assert "is none of" in checkout.run("budget", "--unfreeze", "nobody", code=2).stderr


def test_the_doctor_finds_everything_in_order(first: tuple[Any, Any], checkout: Checkout) -> None:
    findings = checkout.json("doctor")
    assert all(finding["is_well"] for finding in findings)
    subjects = {"ledger", "Dagster", "campaign berlin-fitness", "account ids"}
    assert subjects <= {finding["subject"] for finding in findings}


def test_a_doubtful_request_may_be_repeated_when_a_person_says_so_and_stays_counted(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    home.run("budget")
    (path,) = (tmp_path / "data").glob("ledger-*.sqlite")
    with Ledger.open(path, realm=path.stem.removeprefix("ledger-")) as ledger:
        now = ledger.now()
        window = Window(
            start=now - timedelta(days=1), end=now + timedelta(days=1), carried_from=now - timedelta(days=1)
        )

        def ask() -> Outcome:
            want = Want(
                attempt_id=ledger.new_attempt_id(),
                request_key="the same request",
                provider=CLUB,
                operation="enrich_full",
                upper_microcredits=1_000_000,
                price_version="v1",
                budgets=(CLUB,),
            )
            return ledger.begin([want], WHO, window, dispatch=True)[0]

        ledger.doubt(ask().attempt_id, "its process died")
        assert isinstance(ask(), InDoubt)
        assert f"No request to {DATA} is in doubt." in home.run("budget", "--repeat", DATA).stderr
        assert isinstance(ask(), InDoubt)
        said = home.run("budget", "--repeat", CLUB).stderr
        assert f"1 requests to {CLUB} may be made again. The 1 credits that they may have cost stay counted" in said
        assert isinstance(ask(), Granted)
    assert {one["scope"]: one["in_doubt"] for one in home.json("budget")["budgets"]}[CLUB] == "1"
    assert "is none of" in home.run("budget", "--repeat", "nobody", code=2).stderr


def test_an_interrupted_demo_says_so_and_the_next_one_pays_for_the_rest_alone(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "demo"],
        cwd=tmp_path,
        env=home.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        assert any(line.startswith("audience_reports ...") for line in demo.stdout)
        demo.send_signal(signal.SIGINT)
        _, complaint = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert complaint.strip() == "Interrupted. What was paid for is kept; run the same again to go on."
    before = {one["scope"]: Decimal(one["spent"]) for one in home.json("budget")["budgets"]}
    assert before[CLUB] > 0
    for two in home.json("demo")["credits"].values():
        assert two["ledger"] == two["meter"]


def test_two_demos_at_once_pay_once_and_agree_with_the_meter(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: home.json("demo"), range(2)))
    assert both[0]["credits"] == both[1]["credits"]
    for two in both[0]["credits"].values():
        assert two["ledger"] == two["meter"] != "0"


# -- real creators


def test_real_creators_are_served_and_paid_for_to_the_millionth(tmp_path: Path) -> None:
    universe = reference("data/creators.parquet", "real creators")
    said = Checkout(tmp_path).json("demo", "--universe", str(universe))
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


# -- help and misuse


def test_help_names_every_command_and_each_explains_itself() -> None:
    said = CliRunner().invoke(app, ["--help"]).stdout
    for command in ("demo", "dev", "sandbox", "plan", "budget", "doctor", "metrics"):
        assert command in said
        explained = CliRunner().invoke(app, [command, "--help"])
        assert explained.exit_code == 0
        assert "Usage:" in explained.stdout


def test_metrics_are_told_for_programs_and_for_people() -> None:
    told = json.loads(CliRunner().invoke(app, ["metrics", "--json"]).stdout)
    (cpm,) = (one for one in told if one["metric"] == "cpm")
    assert (cpm["formula"], cpm["denominator"], cpm["unit"], cpm["version"]) == (
        "fee x 1000 / views",
        ["views"],
        "currency",
        1,
    )
    assert "cpm.1" in CliRunner().invoke(app, ["metrics"]).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["plan", "--no-such-option"],
        ["plan", "--week", "soon"],
        ["plan", "--week", "0001-01-01"],
        ["backfill", "content", "--from", "9999-12-31"],
    ],
)
def test_wrong_use_ends_with_2_and_says_how_it_is_used(arguments: list[str]) -> None:
    used = CliRunner().invoke(app, arguments)
    assert used.exit_code == 2
    assert "Usage:" in used.stderr


def test_outside_a_checkout_one_is_asked_for(tmp_path: Path) -> None:
    outside = Checkout(tmp_path)
    (tmp_path / "workspace.yaml").unlink()
    assert "holds no dagster.yaml and workspace.yaml. Change to the checkout" in outside.run("budget", code=1).stderr


def test_a_plan_of_a_campaign_that_is_not_there_names_those_that_are(checkout: Checkout) -> None:
    said = checkout.run("plan", "--campaign", "no-such-campaign", code=1).stderr
    assert "no campaign 'no-such-campaign'" in said
    assert "berlin-fitness" in said


def test_a_plan_of_a_past_week_says_that_it_was_never_observed(checkout: Checkout) -> None:
    plan = checkout.json("plan", "--week", "2026-11-02")
    assert {line["verdict"] for line in plan["lines"]} == {"never observed"}


# -- what is wrong, and stays where it is


def test_a_wrong_brief_is_named_and_the_others_stay_usable(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    broken = (
        (home.home / "campaigns" / "berlin-fitness.yaml").read_text().replace("max_creators: 60", "max_creators: x")
    )
    (home.home / "campaigns" / "broken.yaml").write_text(broken)
    line = broken[: broken.index("max_creators: x")].count("\n") + 1
    findings = home.json("doctor", code=1)
    (fault,) = [finding for finding in findings if not finding["is_well"]]
    assert fault["subject"] == "brief"
    assert f"campaigns/broken.yaml:{line}:" in fault["said"]
    assert "discovery[0].max_creators" in fault["said"] or "max_creators" in fault["said"]
    planned = home.run("plan", "--json")
    assert "broken.yaml" in planned.stderr
    assert {line["campaign"] for line in json.loads(planned.stdout)["lines"]} == {"berlin-fitness", "uk-gaming-tiktok"}


def test_a_price_list_is_followed_by_the_plan_and_looked_at_by_the_doctor(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    prices = tmp_path / "prices.yaml"
    head = "version: contract-7\neffective: 2026-01-01\nsource: order form\n"
    path = prices.name
    prices.write_text(head + "operations:\n  influencers_club: {discovery: 0.02}\n")
    said = {finding["subject"]: finding["said"] for finding in home.json("doctor", CREATOR_ASSETS_PRICES=path)}
    assert said["price list"] == "contract-7 of 2026-01-01 states 1 prices (prices.yaml)"
    planned = home.json("plan", "--campaign", "berlin-fitness", CREATOR_ASSETS_PRICES=path)["lines"]
    assert "0.02 per creator returned (contract-7, since 2026-01-01)" in {line["price"] for line in planned}
    prices.write_text(head + "complete: true\n")
    unknown = home.json("plan", "--campaign", "berlin-fitness", code=3, CREATOR_ASSETS_PRICES=path)
    discovery = next(line for line in unknown["lines"] if line["asset"] == "discovery_results")
    assert (discovery["verdict"], discovery["credits"]) == ("price unknown", {"min": None, "max": None})
    assert "an unknown number of credits of influencers_club" in unknown["summary"]
    prices.write_text(head + "operations:\n  influencers_club: {discovry: 0.02}\n")
    fault = "prices.yaml:5:22: operations.influencers_club.discovry: unknown operation. Did you mean discovery?"
    assert fault in home.run("plan", code=1, CREATOR_ASSETS_PRICES=path).stderr
    assert fault in home.run("doctor", code=1, CREATOR_ASSETS_PRICES=path).stdout


def test_a_file_of_addresses_that_cannot_be_used_is_found_by_the_doctor(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    home, path = Checkout(tmp_path / "house"), tmp_path / "invited.txt"
    brief = home.home / "campaigns" / "berlin-fitness.yaml"
    wish = f"{{addresses: {path}, lawful_basis: consent, purpose: To invite them, max_addresses: 2}}"
    brief.write_text(f"{brief.read_text()}\nemail_matches: {wish}\n")
    (missing,) = [finding for finding in home.json("doctor", code=1) if not finding["is_well"]]
    assert missing["subject"] == "addresses of berlin-fitness"
    assert f"{path}: the file of addresses cannot be read" in missing["said"]
    path.write_text("jane@example.com\n")
    said = {finding["subject"]: finding["said"] for finding in home.json("doctor")}
    assert said["addresses of berlin-fitness"] == "1, asked on the basis of consent"
    assert "none yet" in said["account ids"]


def test_a_plan_that_does_not_fit_ends_with_3(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    brief = home.home / "campaigns" / "berlin-fitness.yaml"
    brief.write_text(brief.read_text().replace("influencers_club: 250", "influencers_club: 0.5"))
    plan = home.json("plan", code=3)
    short = [line for line in plan["lines"] if line["verdict"] == "does not fit"]
    assert {line["tightest_budget"] for line in short} == {"campaign:berlin-fitness/influencers_club"}
    assert "do not fit" in plan["summary"]
    # The demo is refused before it asks anybody, and says what would help.
    refused = home.run("demo", code=1)
    assert "Raise budget.influencers_club in campaigns/berlin-fitness.yaml by" in refused.stderr
    spent = {one["scope"]: one["spent"] for one in home.json("budget")["budgets"]}
    assert spent[CLUB] == "0"


def test_a_plan_whose_misses_may_be_cut_short_fits_and_says_so(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    brief = home.home / "campaigns" / "uk-gaming-tiktok.yaml"
    brief.write_text(brief.read_text().replace("infludata: 300", "infludata: 60"))
    plan = home.json("plan", "--campaign", "uk-gaming-tiktok")
    (cut,) = [line for line in plan["lines"] if line["verdict"] == "may be cut short (does not fit)"]
    assert (cut["asset"], cut["operation"], cut["falls_through"]) == ("enriched_profiles", "user_data", True)
    lacking = "`campaign:uk-gaming-tiktok/infludata` lacks up to 8 credits"
    assert plan["summary"].endswith(f"; everything fits; falling through may be cut short: {lacking}.")


def test_a_key_that_is_set_keeps_the_sandbox_off_and_is_never_shown(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    key = "sk-canary-live-0123456789"
    # Nobody listens there: whatever is sent in spite of everything reaches no provider.
    nowhere = {"INFLUENCERS_CLUB_BASE_URL": "http://127.0.0.1:9"}
    findings = home.json("doctor", code=1, INFLUENCERS_CLUB_API_KEY=key, **nowhere)
    said = {finding["subject"]: finding for finding in findings}
    assert said["key of influencers_club"]["is_well"]
    assert said["key of infludata"]["said"] == "INFLUDATA_API_KEY is not set: its assets will fail"
    assert "realm live" in said["ledger"]["said"]
    plan = home.run("plan", code=3, INFLUENCERS_CLUB_API_KEY=key, **nowhere)
    assert "do not fit" in plan.stdout  # no limit is stated, so that nothing may be spent
    mixed = home.run("plan", "--universe", "creators.parquet", code=1, INFLUENCERS_CLUB_API_KEY=key, **nowhere)
    assert "A universe is for the sandbox" in mixed.stderr
    for done in (plan, mixed):
        assert key not in done.stdout + done.stderr
    written = [path.read_bytes() for path in home.home.rglob("*") if path.is_file()]
    assert not [content for content in written if key.encode() in content]


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("BILLING_DAY", "monday", "a whole number is expected, between 1 and 28"),
        ("BILLING_DAY", "31", "a whole number is expected, between 1 and 28"),
        ("FIRST_PAGE", "2", "a whole number is expected, between 0 and 1"),
        ("CREDIT_LIMIT", "many", "at most six decimals"),
        ("CREDIT_LIMIT", "-5", "an amount of credits lies between 0 and 1,000,000,000"),
        ("CREDIT_LIMIT", "1e30", "an amount of credits lies between 0 and 1,000,000,000"),
        ("NOTIFY_AT", "80", "a share between 0 and 1 is expected"),
        ("NOTIFY_AT", "nan", "a share between 0 and 1 is expected"),
        ("IS_TRIAL", "yes", "true or false is expected"),
    ],
)
def test_a_setting_that_means_nothing_is_named_with_what_is_expected(setting: str, value: str, expected: str) -> None:
    with pytest.raises(WrongSettingError, match=f"^INFLUDATA_{setting} cannot be used: .*{expected}"):
        from_environment({f"INFLUDATA_{setting}": value})


def test_settings_may_stand_between_blanks_and_in_capitals() -> None:
    environ = {"INFLUDATA_IS_TRIAL": " TRUE ", "INFLUDATA_CREDIT_LIMIT": " 250 "}
    data = from_environment(environ).infludata
    assert (data.is_trial, data.credit_limit) == (True, "250")


def test_a_command_ends_in_a_sentence_where_a_setting_means_nothing(tmp_path: Path) -> None:
    said = Checkout(tmp_path).run("plan", code=1, INFLUENCERS_CLUB_BILLING_DAY="31").stderr
    assert "INFLUENCERS_CLUB_BILLING_DAY cannot be used: a whole number is expected" in said


def test_a_key_of_blanks_is_none_and_odd_or_short_ones_are_found_without_showing_them(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    keys = {"INFLUDATA_API_KEY": "   ", "INFLUTICS_API_KEY": "two\nlines-of-a-key-0123", "KEYAPI_API_KEY": "zq7"}
    done = home.run("doctor", "--json", code=1, **keys)
    said = {finding["subject"]: finding["said"] for finding in json.loads(done.stdout) if not finding["is_well"]}
    assert said["key of infludata"] == "INFLUDATA_API_KEY is not set: its assets will fail"
    assert "INFLUTICS_API_KEY holds a character that no key can have" in said["key of influtics"]
    assert "KEYAPI_API_KEY has only 3 characters" in said["key of keyapi"]
    assert not [part for part in ("two", "0123", "zq7") if part in done.stdout + done.stderr]
    assert "sandbox" in home.json("doctor", INFLUDATA_API_KEY=" \t")[2]["said"]


def test_a_mistyped_name_in_the_settings_is_found(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    (tmp_path / ".env").write_text("CREATOR_ASSETS_PRICE=p.yaml\nMODASH_API_KEY=x\nAWS_ACCESS_KEY_ID=y\n")
    mistyped, unknown = [finding["said"] for finding in home.json("doctor", code=1) if not finding["is_well"]]
    assert mistyped.startswith(
        ".env sets CREATOR_ASSETS_PRICE, which nothing reads. Did you mean CREATOR_ASSETS_PRICES?"
    )
    assert unknown == ".env sets MODASH_API_KEY, which nothing reads. .env.example lists all."


def test_settings_that_are_no_text_end_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("INFLUDATA_API_KEY=x".encode("utf-16"))
    assert ".env cannot be read (it is not UTF-8)" in Checkout(tmp_path).run("budget", code=1).stderr


def test_a_folder_of_state_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    said = Checkout(tmp_path).run("budget", code=1, CREATOR_ASSETS_DATA="taken").stderr
    assert "The folder of all state, taken, cannot be made (File exists). Set CREATOR_ASSETS_DATA" in said


def test_a_ledger_in_a_foreign_database_is_refused_and_makes_no_folder(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    said = home.run("budget", code=1, CREATOR_ASSETS_LEDGER="mysql://jane:secret@db/ledger").stderr
    assert "no ledger can be kept at a mysql:// address" in said
    assert "secret" not in said
    assert not (tmp_path / "mysql:").exists()


def test_without_any_brief_every_command_says_what_to_do(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    shutil.rmtree(tmp_path / "campaigns")
    (tmp_path / "campaigns").mkdir()
    missing = "There is no readable campaign brief in campaigns/. Write one as <campaign>.yaml"
    assert missing in home.run("plan", code=1).stderr
    assert missing in home.run("demo", code=1).stderr
    assert missing in " ".join(finding["said"] for finding in home.json("doctor", code=1))


def test_a_wish_that_nobody_can_serve_is_a_sentence_and_takes_no_other_campaign_down(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    (tmp_path / "campaigns" / "dear.yaml").write_text(
        "brief: {market: Germany, start: 2026-11-02, end: 2027-06-27, currency: EUR}\n"
        "budget: {influencers_club: 250}\n"
        "roster: [{platform: instagram, handle: adidas}]\n"
        "shortlist: {top: 20}\n"
        "profiles: {depth: full, max_cost_each: 0.5}\n"
    )
    why = "campaign dear: `profile` on instagram costs at least 1 for each creator (influencers_club), and the brief "
    planned = home.run("plan", "--json")
    assert f"Left out of the plan: {why}" in planned.stderr
    assert {line["campaign"] for line in json.loads(planned.stdout)["lines"]} == {"berlin-fitness", "uk-gaming-tiktok"}
    assert why in home.run("plan", "--campaign", "dear", code=1).stderr
    assert why in " ".join(finding["said"] for finding in home.json("doctor", code=1) if not finding["is_well"])
    refused = home.run("demo", code=1).stderr
    assert "Raise max_cost_each in the brief, or leave it out." in refused


def test_a_folder_that_may_not_be_written_ends_in_a_sentence(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sandbox").write_text("")  # permissions hold no root off
    said = home.run("plan", code=1).stderr
    assert "data/sandbox: File exists. Check that the disk has room and that you may write there" in said


def test_a_storage_of_dagster_that_cannot_be_used_ends_in_a_sentence(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    (tmp_path / "data" / "dagster" / "history" / "runs.db").mkdir(parents=True)
    said = home.run("demo", code=1).stderr
    assert f"Dagster's storage in {tmp_path}: unable to open database file. Check that the disk has room" in said
