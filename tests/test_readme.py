"""README and docs say what the program says."""

from __future__ import annotations

import re
from pathlib import Path

from creator_assets.cli import metrics
from creator_assets.cli.operations import as_markdown
from creator_assets.definitions import build_definitions
from creator_assets.metrics.registry import METRICS
from creator_assets.providers.registry import OPERATIONS

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text()


def test_the_table_of_operations_is_the_one_that_the_command_prints() -> None:
    told = (CHECKOUT / "docs" / "operations.md").read_text()
    between = re.search(r"<!-- operations: begin -->\n(.*?)\n<!-- operations: end -->", told, re.DOTALL)
    assert between is not None
    assert between[1] == as_markdown(list(OPERATIONS)), "run `creator-assets operations --markdown` and paste it"


def test_the_table_of_assets_names_every_asset_in_its_group() -> None:
    listed = set(re.findall(r"^\| (\w+) \| `(\w+)` \|", README, re.MULTILINE))
    specs = build_definitions().resolve_all_asset_specs()
    assert listed == {(str(spec.group_name), spec.key.to_user_string()) for spec in specs}


def test_the_table_of_metrics_is_the_one_that_the_command_prints() -> None:
    told = (CHECKOUT / "docs" / "metrics.md").read_text()
    between = re.search(r"<!-- metrics: begin -->\n(.*?)\n<!-- metrics: end -->", told, re.DOTALL)
    assert between is not None
    assert between[1] == metrics.as_markdown(METRICS.values()), "run `creator-assets metrics --markdown` and paste it"
