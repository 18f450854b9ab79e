"""`.env.example` lists every setting that is read, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from creator_assets.cli.checkout import known_variables
from creator_assets.providers.registry import PROVIDERS
from creator_assets.settings import from_environment

LINES = (Path(__file__).parents[1] / ".env.example").read_text().splitlines()
LISTED = {found[1]: number for number, line in enumerate(LINES) if (found := re.match(r"#?([A-Z][A-Z_]+)=", line))}


class Asked(Mapping[str, str]):
    """An environment without any variable, which remembers for which it was asked."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def read() -> set[str]:
    asked = Asked()
    resources = from_environment(asked)
    return asked.names | {account.key_variable for account in resources.accounts.values()}


def shared(name: str) -> str:
    """Return the name, with a star for the provider where each has such a variable."""
    return re.sub(rf"^({'|'.join(provider.upper() for provider in PROVIDERS)})_", "*_", name)


def test_the_example_of_settings_lists_every_setting_and_no_other() -> None:
    assert {shared(name) for name in LISTED} == {shared(name) for name in read()}
    assert set(LISTED) <= read()


def test_a_misspelled_setting_is_distinguished_from_every_one_that_is_read() -> None:
    assert read() == known_variables()


@pytest.mark.parametrize("name", sorted(LISTED))
def test_every_setting_of_the_example_is_explained_above_it(name: str) -> None:
    above = LISTED[name] - 1
    while re.match(r"#?[A-Z][A-Z_]+=", LINES[above]):
        above -= 1
    assert LINES[above].startswith("# "), f"{name} stands without a line that explains it"
