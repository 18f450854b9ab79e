"""Whether two checkouts make the same tables: the demo by a clock that stands still, and the digests of what it made.

The same seed, clock and secret leave nothing to chance, so the digests of two releases can be compared. Run it in each
checkout (``git worktree add`` makes an older one), each time into a new folder, and digest both with the newer one::

    python benchmarks/demo_digests.py /tmp/older     # in the older checkout
    python benchmarks/demo_digests.py /tmp/newer     # in the newer checkout
    creator-assets tables digest --same-secret --data /tmp/older/data
    creator-assets tables digest --same-secret --data /tmp/newer/data
"""

# ruff: noqa: INP001, T201, PLC0415 - a script, not a package; it imports the checkout that it is run in

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path.cwd()))
from creator_assets.sandbox import SandboxSettings, start_in_background

NOON = "2026-11-18T12:00:00+00:00"
SECRET = f"creator-assets-identity-1:{'0123456789abcdef' * 4}\n"
CHECKOUT_MODULES = ("creator_assets.cli.checkout", "creator_assets.cli.environment")
"""Where the checkout's environment is set up, by its names of today and of before."""


def main(home: Path, instant: str) -> None:
    """Run the demo into `home`, a folder that is not there yet, as if it were `instant` all the time."""
    home.mkdir(parents=True)
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(name, home)
    shutil.copytree("campaigns", home / "campaigns")
    os.environ["DAGSTER_HOME"] = str(home.resolve())
    checkout = _checkout_module()
    data = checkout.enter_checkout()
    secret = data / "identity.secret"
    secret.touch(0o600)
    secret.write_text(SECRET)
    (data / "sandbox").mkdir()
    state = str((data / "sandbox" / "synthetic.sqlite").resolve())
    with start_in_background(SandboxSettings(state_path=state, start_at=instant, clock_rate=0.0)) as sandbox:
        checkout.point_at(sandbox.base_url)
        os.environ["CREATOR_ASSETS_CLOCK"] = f"{sandbox.base_url}/_sandbox/clock"
        from creator_assets.cli.running import Demo

        demo = Demo(print)
        demo.run_all()
        print(f"Ledger: {demo.spent_by_ledger()}\nMeter:  {checkout.charged_by_meter(sandbox.base_url)}")


def _checkout_module() -> Any:
    for name in CHECKOUT_MODULES:
        if importlib.util.find_spec(name):
            return importlib.import_module(name)
    raise SystemExit("Run this in a checkout.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(sys.argv[2:3] or [NOON]))
