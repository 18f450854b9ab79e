"""Reference data beside the checkout: the providers' own documents, and real creators and videos.

A test that needs something which is not there is skipped with a sentence that says what.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def reference(path: str, what: str) -> Path:
    """Return where a file or folder of the reference data lies; `what` says what it is, in the plural."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"{what} (../shared/{path}) are not here")
    return found


def examples_in(page: Path) -> list[dict[str, Any]]:
    """Return every JSON object that a document shows, in its order."""
    text, found, position = page.read_text(), [], 0
    decoder = json.JSONDecoder()
    while (position := text.find("{", position)) >= 0:
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError:
            position += 1
            continue
        found.append(value)
    return found
