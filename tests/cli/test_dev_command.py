"""``creator-assets dev``: it serves the UI with every definition, and ends together with all that it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from creator_assets.cli import dev
from creator_assets.cli.errors import SetupError
from tests.cli.checkout import Checkout

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 90
LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries { name
  locationOrLoadError { __typename ... on PythonError { message } } } } } }"""


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def locations(port: int) -> list[dict[str, object]] | None:
    try:
        answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json={"query": LOCATIONS}, timeout=10, trust_env=False)
        found: list[dict[str, object]] = answer.json()["data"]["workspaceOrError"]["locationEntries"]
    except (httpx.HTTPError, ValueError):
        return None
    return found if all(one["locationOrLoadError"] for one in found) else None


def is_anybody_left(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# A job in a shell's background ignores interrupts, which whatever it starts inherits.
@pytest.mark.parametrize(("how", "before"), [(signal.SIGTERM, "SIG_IGN"), (signal.SIGINT, "default_int_handler")])
def test_the_ui_is_served_and_nothing_is_left_behind(tmp_path: Path, how: signal.Signals, before: str) -> None:
    checkout = Checkout(tmp_path)
    port = free_port()
    program = (
        f"import signal; signal.signal(signal.SIGINT, signal.{before}); from creator_assets.cli import main; main()"
    )
    with (tmp_path / "dev.log").open("wb") as log:
        dev = subprocess.Popen(
            [sys.executable, "-c", program, "dev", "--port", str(port)],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(tmp_path)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        ends_at = time.monotonic() + LONGEST_SECONDS
        while (found := locations(port)) is None:
            assert time.monotonic() < ends_at, (tmp_path / "dev.log").read_text()
            time.sleep(0.5)
        assert [(one["name"], one["locationOrLoadError"]) for one in found] == [
            ("creator_assets", {"__typename": "RepositoryLocation"})
        ]
        second = checkout.run("dev", "--port", str(free_port()), code=1).stderr
        assert f"already serves this checkout: http://127.0.0.1:{port}. Use it, or stop it" in second
        # A terminal interrupts the whole group, a supervisor ends the one process that it knows.
        os.killpg(dev.pid, how) if how is signal.SIGINT else dev.send_signal(how)
        assert dev.wait(LONGEST_SECONDS) == 0
        while is_anybody_left(dev.pid):  # Dagster's code server takes a moment longer
            assert time.monotonic() < ends_at, (tmp_path / "dev.log").read_text()
            time.sleep(0.5)
    finally:
        if is_anybody_left(dev.pid):
            os.killpg(dev.pid, signal.SIGKILL)
    assert locations(port) is None


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        checkout = Checkout(tmp_path)
        said = checkout.run("dev", "--port", str(port), code=1).stderr
    assert f"Port {port} cannot be used (Address already in use). Choose another with --port." in said
    for wrong in ("0", "99999"):
        assert "Invalid value for '--port'" in checkout.run("dev", "--port", wrong, code=2).stderr


def test_what_a_killed_command_has_started_still_holds_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own process can be killed, and Dagster's go on: another daemon would run each schedule twice."""
    monkeypatch.chdir(tmp_path)
    with dev._only_one(free_port()) as lock:
        orphan = subprocess.Popen([sys.executable, "-c", "input()"], pass_fds=(lock,), stdin=subprocess.PIPE)
    try:
        with (
            pytest.raises(SetupError, match=r"already serves this checkout: http://127\.0\.0\.1:"),
            dev._only_one(free_port()),
        ):
            pass
    finally:
        orphan.communicate()
    with dev._only_one(free_port()):
        assert dev.LOCK.is_file()
