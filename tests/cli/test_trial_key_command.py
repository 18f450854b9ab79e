"""A trial key in two steps over HTTP: where it is put, and that it is never shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from creator_assets.cli import app
from creator_assets.sandbox import SandboxSettings, start_in_background

CHECKOUT = Path(__file__).parents[2]
ADDRESS = "jane@company.test"


def test_a_trial_key_is_put_into_a_file_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(CHECKOUT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    running = start_in_background(SandboxSettings(size=200))
    try:
        for name, value in {
            "DAGSTER_HOME": str(tmp_path),
            "CREATOR_ASSETS_REALM": "test",
            "INFLUDATA_BASE_URL": running.url("infludata"),
        }.items():
            monkeypatch.setenv(name, value)
        kept = tmp_path / "keys.env"
        kept.write_text("INFLUDATA_API_KEY=older\nOTHER=stays\n")
        asked = CliRunner().invoke(app, ["trial-key", ADDRESS])
        assert asked.exit_code == 0, asked.output
        code = httpx.get(f"{running.url('_sandbox')}/mail").json()[-1]["code"]
        given = CliRunner().invoke(app, ["trial-key", ADDRESS, "--code", code, "--save", str(kept)])
        assert given.exit_code == 0, given.output
    finally:
        running.stop()
    values = dict(line.split("=", 1) for line in kept.read_text().splitlines())
    assert (values["OTHER"], values["INFLUDATA_IS_TRIAL"], values["INFLUDATA_CREDIT_LIMIT"]) == ("stays", "true", "250")
    assert values["INFLUDATA_API_KEY"] not in {"", "older"}
    assert values["INFLUDATA_API_KEY"] not in asked.output + given.output
    assert kept.stat().st_mode & 0o777 == 0o600


def test_what_is_no_address_is_sent_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(CHECKOUT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("INFLUDATA_BASE_URL", "http://127.0.0.1:9")
    asked = CliRunner().invoke(app, ["trial-key", "jane.at.company"])
    assert asked.exit_code == 2
    assert "this is no e-mail address, and nothing was sent" in asked.output
    assert "jane" not in asked.output
