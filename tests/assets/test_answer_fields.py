"""The fields of answers in real runs: counted once, and a change shows as a warning that names no value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from creator_assets.automation.drift_checks import build_drift_check
from creator_assets.demand import answer_fields
from creator_assets.providers.parsing.field_paths import Field, Listed, listed_fields, listed_of
from tests.assets.house import TIKTOK
from tests.assets.stage import TimedProject, stage_at, state_of

TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)
FIELD = Field("users[].followers", "number")


def check(stage: TimedProject) -> tuple[dg.ExecuteInProcessResult, dg.AssetCheckEvaluation]:
    result = stage.run("answer_fields", slug="one", whole=True, assets=[*stage.assets(), build_drift_check()])
    (evaluation,) = result.get_asset_check_evaluations()
    return result, evaluation


def without_one_field(provider: str, operation: str) -> Listed:
    assert FIELD in listed_fields("infludata")["discovery"]
    fields, words = listed_of(provider, operation)
    return Listed(fields - {FIELD}, words)


def test_answers_are_counted_once_and_an_unknown_field_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage_at(TUESDAY, tmp_path, monkeypatch) as stage:
        stage.brief("one", TIKTOK)
        stage.run("discovery_results", "shortlist", "enriched_profiles", slug="one")
        asked = stage.asked()
        result, evaluation = check(stage)
        assert evaluation.passed
        assert state_of(result, "answer_fields")["answers_counted"] == asked
        made = stage.table("answer_fields")
        result, _ = check(stage)
        assert state_of(result, "answer_fields")["answers_counted"] == 0
        assert made.equals(stage.table("answer_fields"))
        assert stage.asked() == asked

        stage.resources()["tables"].open().remove("answer_fields", ())
        monkeypatch.setattr(answer_fields, "listed_of", without_one_field)
        _, evaluation = check(stage)
        assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.WARN)
        sample = evaluation.metadata["sample"]
        assert isinstance(sample, dg.TableMetadataValue)
        (shown,) = sample.records
        assert (shown.data["path"], shown.data["what"]) == ("users[].followers", "new")
        assert "infludata" in (evaluation.description or "")
        handles = set(stage.table("discovery_results", campaign="one", week="2026-11-09")["username"])
        shown_text = json.dumps(shown.data)
        assert handles
        assert not any(handle in shown_text for handle in handles)
