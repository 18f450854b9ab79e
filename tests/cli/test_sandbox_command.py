"""``creator-assets sandbox`` as a process: what it prints, and the voice in which it answers."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.cli.checkout import Checkout

NOBODY = {"platform": "instagram", "filters": {"number_of_followers": {"min": 10**12}}}
HEADERS = {"Authorization": "Bearer sandbox-influencers-club"}


@pytest.fixture
def served() -> Iterator[Callable[..., str]]:
    """Start the command with flags and return the base URL that it prints."""
    running: list[subprocess.Popen[str]] = []

    def begin(*flags: str) -> str:
        code = "import sys; from creator_assets.cli import main; sys.exit(main())"
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", code, "sandbox", "--size", "500", *flags], stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout is not None
        return process.stdout.readline().partition("Sandbox: ")[2].strip()

    yield begin
    for process in running:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize(("flags", "accounts"), [((), []), (("--voice", "real"), None)], ids=["plain", "real"])
def test_the_voice_is_plain_unless_asked_for(
    served: Callable[..., str], flags: tuple[str, ...], accounts: list[object] | None
) -> None:
    url = f"{served(*flags)}/influencers_club/public/v1/discovery/"
    assert httpx.post(url, json=NOBODY, headers=HEADERS, timeout=30).json()["accounts"] == accounts


def test_what_cannot_be_served_is_said_without_a_stack_trace(home: Checkout) -> None:
    (home.home / "README.md").write_text("# Read me")
    for command in ("demo", "sandbox"):
        said = home.run(command, "--universe", "README.md", code=1).stderr
        assert "The sandbox could not start: " in said
        assert "README.md is no Parquet file that can be read." in said
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = home.run("sandbox", "--port", str(port), code=1).stderr
    assert f"The sandbox cannot use port {port}: Address already in use. Choose another with --port." in said


def test_the_hostile_voice_begins_with_the_seed_that_is_asked_for(served: Callable[..., str]) -> None:
    url = served("--voice", "hostile", "--hostile-seed", "42")
    assert httpx.get(f"{url}/_sandbox/hostile", timeout=30).json() == {"seed": 42, "answers": []}
