"""The form of a case: one JSON file that holds a brief, the answers of the providers, and what is right.

People send a folder of cases with a bug report. So a file says what it needs to be run, and nothing of the machine.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from creator_assets.named_files import read_named

MOST_BYTES = 64 * 1024 * 1024
MOST_CASES = 10_000
MOST_STEPS = 10


class CaseError(Exception):
    """A folder of cases cannot be read. The message names the file and says what to do."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: to requests of `method` and `path` whose JSON body or query has the fields of `when`.

    The answer is ``body`` as JSON, or the bytes of ``body_b64``. Earlier routes go first. With ``once`` the route
    answers one request only.
    """

    method: str
    path: str
    status: int = 200
    headers: Mapping[str, str] = {}
    body: Any = None
    body_b64: str | None = None
    when: Mapping[str, Any] | None = None
    once: bool = False

    @property
    def content(self) -> bytes:
        """The bytes of the answer; none for a status that has no body."""
        if self.body_b64 is not None:
            return base64.b64decode(self.body_b64, validate=True)
        return msgspec.json.encode(self.body)


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must come out, as far as the case says.

    ``runs``: whether each step succeeds. ``says``: words of the failures. ``requests``: requests that arrive in each
    step. ``credits``: what the ledger counts in all steps, by provider, as decimal text. ``counts``: rows by table.
    ``rows``: for each table rows that are there, each given by some of its columns.
    """

    runs: list[bool] | None = None
    says: list[str] = []
    requests: list[int] | None = None
    credits: Mapping[str, str] = {}
    counts: Mapping[str, int] = {}
    rows: Mapping[str, list[dict[str, Any]]] = {}


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case. ``brief`` is YAML; ``assets`` are materialized ``steps`` times, for the week and day of ``at``.

    ``right`` says for people what must come out, and ``expect`` for the command. Without ``at`` it is now.
    """

    name: str
    brief: str
    assets: list[str]
    routes: list[Route]
    kind: str = ""
    severity: str = ""
    right: str = ""
    steps: int = 1
    at: datetime | None = None
    expect: Expected | None = None


def read_cases(folder: Path) -> list[Case]:
    """The cases of all ``*.json`` files of a folder, or of one file, in the order of their names.

    Raises:
        CaseError: There is no such folder or no case in it, or a file is no case.
    """
    files = [folder] if folder.is_file() else sorted(folder.glob("*.json"))
    if not files:
        raise CaseError(f"{folder} holds no case. Name a folder of *.json files, or one such file.")
    if len(files) > MOST_CASES:
        raise CaseError(f"{folder} holds {len(files)} files, and at most {MOST_CASES} are run. Split the folder.")
    return [_read(path) for path in files]


def _read(path: Path) -> Case:
    try:
        case = msgspec.json.decode(read_named(path, MOST_BYTES), type=Case)
        for route in case.routes:
            _ = route.content
    except OSError as error:
        raise CaseError(
            f"{path} cannot be read ({error.strerror}). Name a file of JSON, or leave answers out."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CaseError(f"{path} is no case: {error}. See docs/replay.md for the form of a case.") from None
    except binascii.Error:
        raise CaseError(f"{path} is no case: a `body_b64` is not base64. Encode the bytes of the body anew.") from None
    if not 1 <= case.steps <= MOST_STEPS:
        raise CaseError(f"{path} is no case: `steps` is {case.steps}. Use a number from 1 to {MOST_STEPS}.")
    if case.at is not None and case.at.tzinfo is None:
        raise CaseError(f"{path} is no case: `at` has no time zone. Write it with Z at the end.")
    return case
