"""A copy of the checkout's files in which tests run ``creator-assets`` as a real process; no test here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from creator_assets.ledger.ledger import Ledger
from creator_assets.sandbox.engine.clock import SandboxClock
from creator_assets.sandbox.engine.state import State
from creator_assets.spending.sandbox_clock import sandbox_time
from tests.cli.command_server import command_server
from tests.market import NOON

CHECKOUT = Path(__file__).parents[2]
PROGRAM = "from creator_assets.cli import main; main()"


class Checkout:
    """The files that a checkout needs, in a folder of their own, and an environment without anything else.

    With the clock of a market its ledger lives by that clock, and its own sandboxes begin at the market's noon.
    """

    def __init__(self, home: Path, clock_url: str = "") -> None:
        self.home, self.clock_url = home, clock_url
        self.environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(home)}
        for name in ("dagster.yaml", "workspace.yaml", "campaigns"):
            source = CHECKOUT / name
            if source.is_dir():
                shutil.copytree(source, home / name)
            else:
                shutil.copy(source, home)
        if clock_url:
            self.environ["CREATOR_ASSETS_CLOCK"] = clock_url
            (home / "data" / "sandbox").mkdir(parents=True)
            for universe in ("synthetic", "creators"):
                state = State(str(home / "data" / "sandbox" / f"{universe}.sqlite"))
                SandboxClock(state.section("clock"), start_at=NOON).keep()
                state.close()

    def ledger(self) -> Ledger:
        """The ledger that the commands have made, by their clock."""
        (path,) = (self.home / "data").glob("ledger-*.sqlite")
        clock = sandbox_time(self.clock_url) if self.clock_url else None
        return Ledger.open(path, realm=path.stem.removeprefix("ledger-"), clock=clock)

    def run(self, *arguments: str, code: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run ``creator-assets`` and check its exit code; no stack trace may ever show."""
        done = command_server().run(arguments, self.home, self.environ | environ)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def json(self, *arguments: str, code: int = 0, **environ: str) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code, **environ).stdout)
