"""Versions that follow from the code: a digest over the syntax trees of the modules that make a table's rows.

A changed comment, docstring or line break changes no version; a changed expression does. Modules are read, not
imported, and a version says only that code differs: nothing is run or bought because of it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "creator_assets"
_ROOT = Path(__file__).parent
_DIGITS = 12


def code_version(modules: Iterable[str]) -> str:
    """The version of some modules taken together, whatever their order: 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for module in sorted(set(modules)):
        digest.update(f"{module}:{_tree_digest(module)}\n".encode())
    return digest.hexdigest()[:_DIGITS]


def modules_behind(module: str, within: Collection[str]) -> frozenset[str]:
    """A module and those that it imports, and so on, as far as they lie in the packages `within`.

    Args:
        module: Full name.
        within: Full names of packages or modules; imports that lead elsewhere are not followed.
    """
    found: set[str] = set()
    to_read = [module]
    while to_read:
        one = to_read.pop()
        if one in found:
            continue
        found.add(one)
        to_read += [
            imported
            for imported in _imports(one)
            if any(imported == package or imported.startswith(f"{package}.") for package in within)
        ]
    return frozenset(found)


@cache
def modules_in(package: str) -> frozenset[str]:
    """Every module of a package, in folders below as well."""
    if not _exists(package):
        return frozenset()
    path = _path(package)
    if path.name != "__init__.py":
        return frozenset({package})
    folder = path.parent
    found = {file.relative_to(_ROOT.parent).with_suffix("") for file in folder.rglob("*.py")}
    return frozenset(".".join(parts.parts).removesuffix(".__init__") for parts in found)


def digest_of(tree: ast.Module) -> str:
    """The digest of a module's syntax tree without docstrings."""
    return hashlib.sha256("\0".join(_parts(tree)).encode()).hexdigest()


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_path(module).read_text(encoding="utf-8"))


@cache
def _tree_digest(module: str) -> str:
    return digest_of(_tree(module))


@cache
def _imports(module: str) -> frozenset[str]:
    """The modules of the project that a module imports, be it at its top or in a function."""
    found: set[str] = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(one for one in found if one.startswith(f"{PACKAGE}.") and _exists(one))


def _parts(node: ast.AST) -> Iterator[str]:
    """A tree as text: names of nodes and fields, and constants.

    What is empty is left out, so that the trees of two releases of Python are the same.
    """
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        if value is None or value == [] or name in {"ctx", "type_ignores", "kind"}:
            continue
        yield name
        for one in _without_docstring(node, name, value) if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                yield from _parts(one)
            else:
                yield repr(one)
    yield ";"


def _without_docstring(node: ast.AST, name: str, body: list[ast.AST]) -> list[ast.AST]:
    """The statements that do something: a text that stands alone documents what is above it."""
    if name != "body" or not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return body
    return [
        one
        for one in body
        if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str))
    ]


def _path(module: str) -> Path:
    path = _ROOT.parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _exists(module: str) -> bool:
    return _path(module).is_file()
