"""``creator-assets dev``: the Dagster UI with its daemon, and the sandbox if no provider's key is set."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from types import FrameType
from typing import Annotated

import typer

from creator_assets.cli.checkout import enter_checkout, providers_reachable
from creator_assets.cli.options import Universe
from creator_assets.cli.screen import console

HELP = "Serve the Dagster UI and its daemon on this machine until Ctrl-C. Uses the sandbox if no provider's key is set."
STOP_SECONDS = 15


def run(
    port: Annotated[int, typer.Option(metavar="PORT", help="Serve the UI on this port.")] = 3000,
    universe: Universe = None,
) -> None:
    """Run Dagster, and the sandbox if needed, until interrupted."""
    data = enter_checkout()
    with providers_reachable(data, universe) as sandbox_url:
        providers = (
            f"No provider's key is set. The sandbox at {sandbox_url} replaces the providers."
            if sandbox_url
            else "Keys are set. Runs use the real providers."
        )
        console.print(providers, markup=False)
        command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
        console.print(f"Dagster UI: http://127.0.0.1:{port}")
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell makes its background jobs ignore interrupts. Dagster would inherit that, and ignore SIGTERM too.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen(command) as dagster:  # noqa: S603 - this interpreter, fixed arguments
            # A signal that ends this process must end Dagster and its children, too.
            signal.signal(signal.SIGTERM, _forward_to(dagster))
            try:
                raise typer.Exit(dagster.wait())
            except KeyboardInterrupt:
                # The terminal has interrupted Dagster as well. It needs time to stop its own children.
                try:
                    dagster.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    dagster.terminate()
                console.print("Stopped.")


def _forward_to(process: subprocess.Popen[bytes]) -> Callable[[int, FrameType | None], None]:
    def forward(signal_number: int, _frame: FrameType | None) -> None:
        process.send_signal(signal_number)

    return forward
