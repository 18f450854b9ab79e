"""``creator-assets dev``: the Dagster UI with daemon, and the sandbox where no real key is set."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from creator_assets.cli.checkout import enter_checkout, providers_reachable
from creator_assets.cli.screen import console

HELP = "Serve the Dagster UI on this machine, with the sandbox where no provider's key is set, until Ctrl-C."
STOP_SECONDS = 15


def run(
    port: Annotated[int, typer.Option(help="Port of the UI.")] = 3000,
    universe: Annotated[Path | None, typer.Option(help="Parquet file of creators for the sandbox.")] = None,
) -> None:
    """Run both until interrupted."""
    data = enter_checkout()
    with providers_reachable(data, universe) as sandbox_url:
        said = (
            f"No key is set: the sandbox at {sandbox_url} stands in."
            if sandbox_url
            else "Keys are set: real providers."
        )
        console.print(said, markup=False)
        command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
        console.print(f"Dagster UI: http://127.0.0.1:{port}")
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell has its background jobs ignore interrupts; Dagster would inherit that, and ignore SIGTERM as well.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen(command) as dagster:  # noqa: S603 - this interpreter, fixed arguments
            # Whoever ends this process by a signal means Dagster and its children, too.
            signal.signal(signal.SIGTERM, _pass_on(dagster))
            try:
                raise typer.Exit(dagster.wait())
            except KeyboardInterrupt:
                # The terminal has interrupted Dagster as well; give it time to stop its own children.
                try:
                    dagster.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    dagster.terminate()
                console.print("Stopped.")


def _pass_on(process: subprocess.Popen[bytes]) -> Callable[[int, FrameType | None], None]:
    def pass_on(signal_number: int, _frame: FrameType | None) -> None:
        process.send_signal(signal_number)

    return pass_on
