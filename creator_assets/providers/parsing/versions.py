"""Which code made the rows of a provider's answers: the column `parser_version`.

The version is the project's release and a digest of the modules that read this provider's answers. Another provider's
parser, a comment or a docstring does not change it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version

from creator_assets.code_versions import code_version, modules_behind, modules_in

_SHARED = ("creator_assets.providers.parsing", "creator_assets.tables")


@cache
def parser_version(provider: str) -> str:
    """The version of the code that makes rows of a provider's answers, such as ``0.1.0+rows.3f9c01d2ab47``."""
    return rows_version(parser_modules(provider))


def rows_version(modules: Iterable[str]) -> str:
    """The project's release, and the version of the modules that make some rows."""
    return f"{version('creator-assets')}+rows.{code_version(modules)}"


@cache
def parser_modules(provider: str) -> frozenset[str]:
    """The modules that make rows of a provider's answers: its own folder, and what that folder uses to read them."""
    package = f"creator_assets.providers.{provider}"
    within = (package, *_SHARED)
    return frozenset().union(*(modules_behind(module, within) for module in modules_in(package)))
