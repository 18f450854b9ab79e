"""No Polars window contains another one: Polars computes the inner window once per group, each time over all rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import creator_assets

PACKAGE = Path(creator_assets.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def nested_windows(source: str) -> list[int]:
    """Lines with ``.over()`` on an expression that has a window itself, directly, by a variable or by a function."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    expressions = {
        each.name
        for each in functions
        if each.returns is not None and ast.unparse(each.returns) == "pl.Expr" and has_window(each, set())
    }
    lines: set[int] = set()
    for scope in functions:
        names = set(expressions)
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and has_window(node.value, names):
                names |= {one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        lines |= {call.lineno for call, inner in windows(scope) if has_window(inner, names)}
    return sorted(lines)


def windows(node: ast.AST) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Each ``.over()`` call with the expression that it is called on."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "over":
            yield one, one.func.value


def has_window(node: ast.AST, names: set[str]) -> bool:
    return any(True for _ in windows(node)) or any(
        isinstance(one, ast.Name) and one.id in names for one in ast.walk(node)
    )


def test_no_window_contains_another_one() -> None:
    found = {str(path.relative_to(PACKAGE)): nested_windows(path.read_text()) for path in SOURCES}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "body",
    [
        'return (pl.col("a") != pl.col("a").first().over("k")).cum_max().over("k")',
        'own = pl.len().over("k") == 1\n    return own.all().over("k")',
        'own = pl.len().over("k") == 1\n    other = ~own\n    return other.all().over("k")',
        'return size("k").max().over("k")',
    ],
)
def test_a_nested_window_is_found(body: str) -> None:
    function = "def size(key: str) -> pl.Expr:\n    return pl.len().over(key)\n"
    assert nested_windows(f"{function}\ndef found():\n    {body}\n") != []


def test_windows_side_by_side_are_not_nested() -> None:
    source = 'def found():\n    return (pl.len().over("a") == 1) & (pl.len().over("b") == 1)\n'
    assert nested_windows(source) == []
