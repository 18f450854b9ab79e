"""Prints which fields the providers' documents name, into ``listed_fields.txt`` of each provider's folder.

The fields are those of every operation's documented answer, in both voices of the sandbox, and of the ledgers that are
named on the command line, such as those of a demo in each voice. What is listed stays listed.

    python -m tests.answers.listed_fields [LEDGER ...]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import creator_assets.providers
from creator_assets.ledger.reader import LedgerReader
from creator_assets.providers.parsing.field_paths import Field, fields_of, listed_fields
from creator_assets.providers.registry import NAMES
from tests.answers.documented_bodies import documented_answers

FOLDER = Path(creator_assets.providers.__file__).parent
Found = tuple[str, str, bytes]


def documented() -> Iterator[Found]:
    """Provider, operation and body of each documented answer."""
    for voice in ("plain", "real"):
        for answer in documented_answers(voice).values():
            yield answer.request.operation.provider, answer.request.operation.name, answer.body


def archived(path: Path) -> Iterator[Found]:
    """The same of the answers of a ledger."""
    with LedgerReader.open(path, realm=path.stem.removeprefix("ledger-")) as ledger:
        for answer in ledger.answers_after(0, 1_000_000):
            if answer.body is not None:
                yield answer.provider, answer.operation, answer.body


def missing(found: Iterator[Found]) -> Mapping[str, set[tuple[str, Field]]]:
    """By provider the operations and fields that its list lacks."""
    lacking: dict[str, set[tuple[str, Field]]] = {name: set() for name in NAMES}
    for provider, operation, body in found:
        read = fields_of(body)
        fields = read.fields if read is not None else frozenset()
        lacking[provider] |= {(operation, one) for one in fields - listed_fields(provider).get(operation, frozenset())}
    return lacking


def _print(ledgers: list[Path]) -> None:
    for found in (documented(), *(archived(path) for path in ledgers)):
        for provider, lacking in missing(found).items():
            place = FOLDER / provider / "listed_fields.txt"
            lines = set(place.read_text("utf-8").splitlines()) if place.exists() else set()
            lines |= {f"{operation} {one.path or '.'} {one.json_type}" for operation, one in lacking}
            place.write_text("".join(f"{line}\n" for line in sorted(lines)), "utf-8")
        listed_fields.cache_clear()


if __name__ == "__main__":
    _print([Path(one) for one in sys.argv[1:]])
