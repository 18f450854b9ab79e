"""A store in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from creator_assets.tables.store import Tables


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "tables")
