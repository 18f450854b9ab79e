"""Each import contract fails where an import breaks it; `make check` holds the project itself against them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
PACKAGE = "creator_assets"
# By contract: a module that a copy of the project gets, what it imports, and the sentence of the report that names it.
BREACHES: Mapping[str, tuple[str, str, str]] = {
    "floors": ("spending.upward", "demand", "spending.upward -> creator_assets.demand"),
    "circles": ("demand.circle.first", "demand.circle.second", "No cycles are allowed in creator_assets.demand.circle"),
    "dagster": ("demand.orchestrated", "dagster", "demand.orchestrated -> dagster"),
    "http": ("ledger.connected", "httpx", "ledger.connected -> httpx"),
    "transport": ("demand.sending", "spending.transport", "demand.sending -> creator_assets.spending.transport"),
    "sandbox-alone": ("sandbox.knowing", "tables", "sandbox.knowing -> creator_assets.tables"),
    "sandbox-users": ("automation.playing", "sandbox", "automation.playing -> creator_assets.sandbox"),
    "ledger-and-providers": (
        "ledger.parsing",
        "providers.parsing",
        "ledger.parsing -> creator_assets.providers.parsing",
    ),
    "providers-by-name": ("demand.partial", "providers.keyapi", "demand.partial -> creator_assets.providers.keyapi"),
    "providers-apart": (
        "providers.keyapi.copying",
        "providers.influtics",
        "keyapi.copying -> creator_assets.providers.influtics",
    ),
    "assets-apart": ("assets.second", "assets.first", "assets.second -> creator_assets.assets.first"),
}
# What the imports above need to exist.
BESIDE = {"demand.circle.second": "demand.circle.first", "assets.first": "partitions"}


def _add(folder: Path, module: str, imported: str) -> None:
    path = folder.joinpath(PACKAGE, *module.split(".")).with_suffix(".py")
    path.parent.mkdir(exist_ok=True)
    (path.parent / "__init__.py").touch()
    name = imported if imported in {"dagster", "httpx"} else f"{PACKAGE}.{imported}"
    path.write_text(f"import {name}\n")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `lint-imports` says of a copy of the project with every breach in it, one arrow a line."""
    folder = tmp_path_factory.mktemp("breaches")
    shutil.copytree(CHECKOUT / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    for module, imported, _ in BREACHES.values():
        _add(folder, module, imported)
    for module, imported in BESIDE.items():
        _add(folder, module, imported)
    (folder / PACKAGE / "attic.py").touch()
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=folder,
        env={"COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout.partition("Broken contracts")[2]


def contracts() -> dict[str, str]:
    """The names of the contracts by id."""
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {one["id"]: one["name"] for one in settings["contracts"]}


@pytest.mark.parametrize("contract", contracts())
def test_a_contract_fails_where_an_import_breaks_it(report: str, contract: str) -> None:
    title = contracts()[contract]
    found = re.search(rf"^{re.escape(title)}\n-+\n(.*?)(?=^[^\n]+\n---+\n|\Z)", report, re.DOTALL | re.MULTILINE)
    assert found, f"{contract} was kept"
    assert BREACHES[contract][2] in found[1]


def test_a_package_without_a_floor_is_reported(report: str) -> None:
    assert "creator_assets.attic" in report
