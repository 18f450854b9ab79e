"""The command line as a user or a script meets it: its help, its misuse, and files that it cannot use."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from creator_assets.cli import app
from tests.cli.checkout import CHECKOUT, Checkout


def test_help_names_every_command_and_each_explains_itself() -> None:
    said = CliRunner().invoke(app, ["--help"]).stdout
    for command in ("demo", "dev", "sandbox", "plan", "budget", "doctor", "metrics"):
        assert command in said
        explained = CliRunner().invoke(app, [command, "--help"])
        assert explained.exit_code == 0
        assert "Usage:" in explained.stdout


def test_metrics_are_listed_for_programs_and_for_people() -> None:
    listed = json.loads(CliRunner().invoke(app, ["metrics", "--json"]).stdout)
    (cpm,) = (one for one in listed if one["metric"] == "cpm")
    assert (cpm["formula"], cpm["denominator"], cpm["unit"], cpm["version"]) == (
        "fee * 1000 / views",
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
    assert "it has no dagster.yaml and workspace.yaml. Change to the checkout" in outside.run("budget", code=1).stderr


def test_a_wrong_brief_is_named_and_the_others_stay_usable(home: Checkout) -> None:
    broken = (
        (home.home / "campaigns" / "berlin-fitness.yaml").read_text().replace("max_creators: 60", "max_creators: x")
    )
    (home.home / "campaigns" / "broken.yaml").write_text(broken)
    line = broken[: broken.index("max_creators: x")].count("\n") + 1
    findings = home.json("doctor", code=1)
    (fault,) = [finding for finding in findings if not finding["is_well"]]
    assert fault["subject"] == "brief"
    assert f"campaigns/broken.yaml:{line}:" in fault["message"]
    assert "discovery[0].max_creators" in fault["message"] or "max_creators" in fault["message"]
    planned = home.run("plan", "--json")
    assert "broken.yaml" in planned.stderr
    assert {line["campaign"] for line in json.loads(planned.stdout)["lines"]} == {"berlin-fitness", "uk-gaming-tiktok"}


def test_a_handle_of_several_scripts_is_shown_by_doctor_and_plan_and_stops_nothing(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    brief = home.home / "campaigns" / "berlin-fitness.yaml"
    before, after = brief.read_text().split("roster:\n")
    brief.write_text(f"{before}roster:\n  - {{platform: instagram, handle: mil\u0430}}\n{after}")
    line = before.count("\n") + 2
    place = f"check this: {brief.relative_to(home.home)}:{line}:35: roster[0].handle: the letters of this handle"
    shown = [finding["message"] for finding in home.json("doctor") if finding["subject"] == "brief"]
    assert [message.startswith(place) for message in shown] == [True]
    assert place.capitalize() in home.run("plan", "--campaign", "berlin-fitness").stderr
    assert place.capitalize() not in home.run("plan", "--campaign", "uk-gaming-tiktok").stderr


def test_a_file_of_addresses_that_cannot_be_used_is_found_by_the_doctor(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    home, path = Checkout(tmp_path / "house"), tmp_path / "invited.txt"
    brief = home.home / "campaigns" / "berlin-fitness.yaml"
    demand = f"{{addresses: {path}, lawful_basis: consent, purpose: To invite them, max_addresses: 2}}"
    brief.write_text(f"{brief.read_text()}\nemail_matches: {demand}\n")
    (missing,) = [finding for finding in home.json("doctor", code=1) if not finding["is_well"]]
    assert missing["subject"] == "addresses of berlin-fitness"
    assert f"{path}: the file of addresses cannot be read" in missing["message"]
    path.write_text("jane@example.com\n")
    said = {finding["subject"]: finding["message"] for finding in home.json("doctor")}
    assert said["addresses of berlin-fitness"] == "1, on the lawful basis of consent"
    assert "they derive from the secret" in said["account ids"]


def test_without_any_brief_every_command_says_what_to_do(tmp_path: Path) -> None:
    home = Checkout(tmp_path)
    shutil.rmtree(tmp_path / "campaigns")
    (tmp_path / "campaigns").mkdir()
    missing = "campaigns/ holds no readable campaign brief. Write one as <campaign>.yaml"
    assert missing in home.run("plan", code=1).stderr
    assert missing in home.run("demo", code=1).stderr
    assert missing in " ".join(finding["message"] for finding in home.json("doctor", code=1))


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


QUICK = """
import sys
from typer.testing import CliRunner
from creator_assets.cli import app, main
for arguments in {commands}:
    assert CliRunner().invoke(app, [*arguments, "--help"]).exit_code == 0, arguments
sys.argv[1:] = ["--version"]
try:
    main()
except SystemExit as end:
    assert end.code == 0
print(sorted({{"dagster", "httpx", "numpy", "polars", "pyarrow", "sqlalchemy", "uvicorn"}} & set(sys.modules)))
"""


def test_no_help_waits_for_dagster_or_polars() -> None:
    """Each takes a second or more to import."""
    groups = [group.name for group in app.registered_groups]
    commands = [[], *([command.name] for command in app.registered_commands), *([name] for name in groups)]
    commands += [
        [group.name, command.name or command.callback.__name__]  # type: ignore[union-attr]
        for group in app.registered_groups
        for command in group.typer_instance.registered_commands  # type: ignore[union-attr]
    ]
    program = QUICK.format(commands=commands)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert done.stdout.splitlines()[-1] == "[]"
