"""What holds for the suite as a whole: the same result on any day, at any hour, on a machine as busy as can be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
REAL_CLOCKS = {"datetime.now", "datetime.today", "datetime.utcnow", "date.today", "time.time"}


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield path.relative_to(TESTS), node


def test_each_mark_is_carried_by_a_test(pytestconfig: pytest.Config) -> None:
    """A mark that nothing carries leaves nothing out of `make fast`."""
    marks = {line.partition(":")[0] for line in pytestconfig.getini("markers")} & {"postgres", "kills"}
    carried = {mark for mark in marks for path in TESTS.rglob("test_*.py") if f"pytest.mark.{mark}" in path.read_text()}
    assert carried == marks == {"postgres", "kills"}


def test_the_quick_tests_and_the_pages_name_the_same_folders() -> None:
    checkout = TESTS.parent
    (folders,) = re.findall(r"^FAST = (.*)$", (checkout / "Makefile").read_text(), re.MULTILINE)
    assert folders.split() == ["metrics", "campaigns", "tables", "demand", "ledger"]
    assert all(any((TESTS / folder).glob("test_*.py")) for folder in folders.split())
    for page in ("contributing.md", "testing.md"):
        (line,) = [
            one for one in (checkout / "docs" / page).read_text().splitlines() if re.match(r"(\| `)?make fast\b", one)
        ]
        assert all(folder in line for folder in folders.split()), page


def test_no_property_has_a_time_limit() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
    timed = [
        f"{path}:{call.lineno}"
        for path, call in calls()
        if "settings" in ast.unparse(call.func)
        for keyword in call.keywords
        if keyword.arg == "deadline" and path != Path("conftest.py")
    ]
    assert timed == []


def test_no_test_asks_this_machine_what_day_it_is() -> None:
    asked = [f"{path}:{call.lineno}" for path, call in calls() if ast.unparse(call.func) in REAL_CLOCKS]
    assert asked == []
