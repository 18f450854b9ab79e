"""Commands that run at once meet one sandbox with one meter, whichever of them ends first."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from creator_assets.cli.shared_sandbox import served
from creator_assets.sandbox import SandboxSettings


@pytest.fixture
def settings(tmp_path: Path) -> SandboxSettings:
    return SandboxSettings(size=100, state_path=str(tmp_path / "state.sqlite"))


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/_sandbox/health", timeout=10, trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_commands_that_run_at_once_use_the_same_sandbox(settings: SandboxSettings, tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    with served(settings, state) as first:
        with served(settings, state) as second:
            assert second == first
        assert answers(first)
    assert not answers(first)
    with served(settings, state) as later:
        assert answers(later)


def test_who_serves_it_goes_on_until_nobody_uses_it(
    settings: SandboxSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.sqlite"
    is_up, may_end = threading.Event(), threading.Event()

    def serve() -> None:
        with served(settings, state):
            is_up.set()
            may_end.wait(30)

    server = threading.Thread(target=serve)
    server.start()
    assert is_up.wait(30)
    with served(settings, state) as address:
        may_end.set()
        server.join(0.5)
        assert server.is_alive()
        assert answers(address)
    server.join(30)
    assert not server.is_alive()
    assert not answers(address)
    assert "Another command uses this sandbox" in capsys.readouterr().err


def test_an_address_that_a_killed_command_left_behind_is_not_used(settings: SandboxSettings, tmp_path: Path) -> None:
    (tmp_path / "state.server").write_text("http://127.0.0.1:9/with-a-longer-path-than-the-next-one-has")
    with served(settings, tmp_path / "state.sqlite") as address:
        assert answers(address)
        assert (tmp_path / "state.server").read_text() == address
