"""README and the generated pages say what the program says."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from creator_assets.campaigns import Campaign, read_brief
from creator_assets.cli import demo, metrics
from creator_assets.cli.operations import as_markdown
from creator_assets.metrics.registry import METRICS
from creator_assets.microcredits import MICROCREDITS_PER_CREDIT
from creator_assets.providers.capabilities import catalog
from creator_assets.providers.registry import OPERATIONS

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text()
FULL_LINE = 120
SCREEN_AND_A_HALF = 80


def test_the_table_of_operations_is_the_one_that_the_command_prints() -> None:
    page = (CHECKOUT / "docs" / "operations.md").read_text()
    between = re.search(r"<!-- operations: begin -->\n(.*?)\n<!-- operations: end -->", page, re.DOTALL)
    assert between is not None
    assert between[1] == as_markdown(list(OPERATIONS)), "run `creator-assets operations --markdown` and paste it"


def test_the_table_of_metrics_is_the_one_that_the_command_prints() -> None:
    page = (CHECKOUT / "docs" / "metrics.md").read_text()
    between = re.search(r"<!-- metrics: begin -->\n(.*?)\n<!-- metrics: end -->", page, re.DOTALL)
    assert between is not None
    assert between[1] == metrics.as_markdown(METRICS.values()), "run `creator-assets metrics --markdown` and paste it"


def test_the_readme_fits_a_screen_and_a_half() -> None:
    lines = README.splitlines()
    assert len(lines) <= SCREEN_AND_A_HALF
    assert max(map(len, lines)) <= FULL_LINE


def test_the_brief_of_the_readme_is_right() -> None:
    example = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert example is not None
    campaign = read_brief("example", example[1].encode(), catalog())
    assert isinstance(campaign, Campaign), campaign


def test_the_sample_is_what_the_demo_prints(capsys: pytest.CaptureFixture[str]) -> None:
    sample = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert sample is not None
    spent = {"influencers_club": "27.61", "infludata": "54", "influtics": "90", "keyapi": "2"}
    demo._show_files(Path("data"))
    demo._show_spent({name: round(Decimal(amount) * MICROCREDITS_PER_CREDIT) for name, amount in spent.items()})
    demo._show_comparison({name: {"ledger": spent[name], "meter": spent[name]} for name in list(spent)[:2]})
    assert sample[1].split() == capsys.readouterr().out.split()


def test_every_target_of_make_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", README)) | set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "dev"} <= named <= targets


@pytest.mark.parametrize("version", ["3.11", "3.14"])
def test_the_readme_names_the_pythons_of_the_package(version: str) -> None:
    package = (CHECKOUT / "pyproject.toml").read_text()
    assert 'requires-python = ">=3.11,<3.15"' in package
    assert f"{version}" in README
