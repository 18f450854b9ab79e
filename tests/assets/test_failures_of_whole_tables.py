"""A table without partitions that cannot be made: its asset fails with a sentence, as those with partitions do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assets.house import failure_of
from tests.assets.stage import TimedProject, stage_at
from tests.market import NOON

BRIEF = """
brief: {market: Germany, start: 2026-11-02, end: 2036-12-28, currency: EUR}
budget: {influencers_club: 10}
discovery: [{name: one, provider: influencers_club, platform: instagram, max_creators: 20}]
shortlist: {top: 3}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedProject]:
    with stage_at(NOON, tmp_path, monkeypatch) as made:
        yield made


def test_a_dictionary_that_cannot_be_read_fails_with_a_sentence(stage: TimedProject) -> None:
    stage.brief("one", BRIEF)
    stage.fault(kind="malformed_json", operation="IC-4", count=1)
    refused = stage.run("filter_values", slug="one", whole=True, raise_on_error=False)
    said = failure_of(refused, "filter_values")
    assert said.startswith("The table was not made: asking influencers_club for languages")
    assert said.endswith("Run it again to send the request once more.")
    assert stage.run("filter_values", slug="one", whole=True).success
