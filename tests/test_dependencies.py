"""What the program imports is declared, and what is declared is imported."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
NOT_IMPORTED = {"dagster-webserver"}  # a program beside ours


def imported() -> set[str]:
    """Return the top modules that the package imports from elsewhere."""
    found = set()
    for path in (CHECKOUT / "creator_assets").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"creator_assets"}


def test_every_import_is_a_declared_dependency_and_every_dependency_is_imported() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    stated = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    declared = {re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in stated}
    distributions = packages_distributions()
    needed = {distributions[module][0] for module in imported()}
    assert {name.lower() for name in needed} == {name.lower() for name in declared} - NOT_IMPORTED


def test_the_locked_sqlalchemy_works_with_the_postgresql_storage_of_dagster() -> None:
    packages = tomllib.loads((CHECKOUT / "uv.lock").read_text())["package"]
    (version,) = (one["version"] for one in packages if one["name"] == "sqlalchemy")
    assert tuple(map(int, version.split(".")[:2])) < (2, 1)
