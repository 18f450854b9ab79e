"""The generated pages of a brief are those that the commands print, and say something about every field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from creator_assets.campaigns import Campaign, read_brief
from creator_assets.campaigns.model import Brief
from creator_assets.campaigns.reference import brief_reference
from creator_assets.campaigns.reference_text import EXAMPLE
from creator_assets.checked_yaml import Section
from creator_assets.checked_yaml.section import section_in
from creator_assets.cli import app
from tests.campaigns.every_field import CATALOG

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("command", "page"), [("schema", "brief.schema.json"), ("reference", "briefs.md")])
def test_a_page_is_what_the_command_prints(command: str, page: str) -> None:
    printed = CliRunner().invoke(app, ["brief", command])
    assert printed.exit_code == 0
    assert (DOCS / page).read_text(encoding="utf-8") == printed.stdout, (
        f"run `creator-assets brief {command} > docs/{page}`"
    )


def test_the_example_of_the_page_is_a_right_brief() -> None:
    assert isinstance(read_brief("example", EXAMPLE.encode(), CATALOG), Campaign)
    assert f"```yaml\n{EXAMPLE}```" in brief_reference(CATALOG)


def kinds(kind: type[Section]) -> Iterator[type[Section]]:
    yield kind
    for info in kind.model_fields.values():
        inside = section_in(info.annotation)
        if inside is not None:
            yield from kinds(inside)


def test_every_field_is_on_the_page_with_what_it_means() -> None:
    page = brief_reference(CATALOG)
    for kind in kinds(Brief):
        assert kind.__doc__ is not None
        for name, info in kind.model_fields.items():
            if section_in(info.annotation) is not None and kind is Brief:
                assert f"### `{name}`\n" in page
                continue
            assert info.description, f"{kind.__name__}.{name} needs a description"
            assert f"| {info.description} |" in page
            assert any(row.startswith(f"| `{name}` |") for row in page.splitlines()) or name == "budget"


def test_every_filter_that_a_brief_may_name_is_on_the_page() -> None:
    page = brief_reference(CATALOG)
    for provider, can in CATALOG.providers.items():
        assert (f"### Filters of `{provider}`" in page) == bool(can.filters)
        for platform, rules in can.filters.items():
            for name, rule in rules.items():
                shown = [row for row in page.splitlines() if row.startswith((f"| `{name}` |", f"| `{name}."))]
                assert any(platform in row for row in shown), (provider, platform, name, rule)
