"""A copy of the checkout's files in which tests run ``creator-assets`` as a real process; no test here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
PROGRAM = "from creator_assets.cli import main; main()"


class Checkout:
    """The files that a checkout needs, in a folder of their own, and an environment without anything else."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(home)}
        for name in ("dagster.yaml", "workspace.yaml", "campaigns"):
            source = CHECKOUT / name
            if source.is_dir():
                shutil.copytree(source, home / name)
            else:
                shutil.copy(source, home)

    def run(self, *arguments: str, code: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run ``creator-assets`` and check its exit code; no stack trace may ever show."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=self.home,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def json(self, *arguments: str, code: int = 0, **environ: str) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code, **environ).stdout)
