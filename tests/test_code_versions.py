"""Versions follow from the code that makes rows: a comment changes nothing, an expression does, and nothing runs."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from creator_assets.assets.framework.blueprint import AssetBlueprint, free_asset
from creator_assets.assets.framework.graph import AssetGraph
from creator_assets.assets.framework.step import Step
from creator_assets.assets.graph import asset_graph
from creator_assets.code_versions import digest_of
from creator_assets.definitions import build_definitions
from creator_assets.resources import ParquetTables
from creator_assets.tables import schemas

DEFINITIONS = build_definitions()

ROOT = Path(__file__).parents[1]
CODE = """
def doubled(number):
    return number * 2
"""
SAME = [
    "# a comment\n" + CODE,
    '"""What the module is for."""\n' + CODE,
    CODE.replace("    return", '    """What it does."""\n    return'),
    "\n\n" + CODE.replace("number * 2", "(\n        number\n        * 2\n    )"),
]
OTHER = [CODE.replace("2", "3"), CODE.replace("*", "+"), CODE.replace("number", "amount"), CODE + "x = 'text'\n"]


def digest(source: str) -> str:
    return digest_of(ast.parse(source))


@pytest.mark.parametrize("source", SAME)
def test_comments_docstrings_and_line_breaks_change_nothing(source: str) -> None:
    assert digest(source) == digest(CODE)


@pytest.mark.parametrize("source", OTHER)
def test_a_changed_expression_is_another_version(source: str) -> None:
    assert digest(source) != digest(CODE)


PRINT = """
from creator_assets.assets.graph import asset_graph
from creator_assets.providers.parsing.versions import parser_version

for node in asset_graph().nodes:
    print(node.name, node.code_version)
for provider in ("influencers_club", "infludata", "influtics", "keyapi"):
    print(provider, parser_version(provider))
"""


def versions_in(copy: Path) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=copy, capture_output=True, text=True, timeout=120, check=True
    )
    return dict(line.split(" ") for line in done.stdout.splitlines())


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_a_change_moves_the_versions_of_what_it_makes_and_no_others(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "creator_assets", tmp_path / "creator_assets", ignore=shutil.ignore_patterns("__pycache__"))
    package = tmp_path / "creator_assets"
    before = versions_in(tmp_path)

    parser = package / "providers" / "keyapi" / "rows.py"
    parser.write_text("# Read with care.\n" + parser.read_text())
    client = package / "spending" / "paid_client.py"
    client.write_text(client.read_text() + "UNUSED = 1\n")
    assert changed(before, versions_in(tmp_path)) == set()

    parser.write_text(parser.read_text() + "UNUSED = 1\n")
    after_a_parser = versions_in(tmp_path)
    moved = changed(before, after_a_parser)
    assert {"keyapi", "enriched_profiles"} <= moved
    assert moved.isdisjoint({"influtics", "infludata", "influencers_club", "video_stats", "shortlist"})

    rule = package / "metrics" / "shortlisting.py"
    rule.write_text(rule.read_text() + "UNUSED = 1\n")
    moved = changed(after_a_parser, versions_in(tmp_path))
    assert "shortlist" in moved
    assert moved.isdisjoint({"keyapi", "influtics", "video_stats", "credit_ledger"})


def test_every_asset_has_a_version_and_none_is_made_because_it_changed() -> None:
    assets = [one for one in DEFINITIONS.assets or () if isinstance(one, dg.AssetsDefinition)]
    assert {one.key.to_user_string() for one in assets} == {node.name for node in asset_graph().nodes}
    for one in assets:
        assert one.code_versions_by_key[one.key]
        # No condition and no policy: runs begin by a schedule, a sensor on waiting answers, or a person.
        assert one.automation_conditions_by_key == {}


def made_by(version: str) -> tuple[dg.AssetsDefinition, dg.AssetGraph]:
    """An asset of this project's form whose code has some version."""

    class Versioned(AssetBlueprint, frozen=True, kw_only=True):
        @property
        def code_version(self) -> str:
            return version

    @free_asset(group="reports")
    def filter_values(step: Step) -> dict[str, object]:
        return step.write(schemas.FilterValues.create_empty())

    fields = {name: getattr(filter_values, name) for name in filter_values.__struct_fields__}
    blueprint = Versioned(**fields)
    asset = blueprint.build({}, AssetGraph([blueprint]))
    return asset, dg.Definitions(assets=[asset], resources={"tables": ParquetTables()}).resolve_asset_graph()


def test_dagster_shows_a_table_of_older_code_as_stale(tmp_path: Path) -> None:
    (first, graph), (_, changed_graph) = made_by("a"), made_by("b")
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([first], instance=instance, resources={"tables": ParquetTables(root=str(tmp_path))})
        key = dg.AssetKey("filter_values")
        assert (
            CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance)).get_status(key)
            is StaleStatus.FRESH
        )
        assert (
            CachingStaleStatusResolver(instance, changed_graph, LoadingContextForTest(instance)).get_status(key)
            is StaleStatus.STALE
        )
