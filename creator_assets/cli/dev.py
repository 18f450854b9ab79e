"""``creator-assets dev``: the Dagster UI with its daemon, and the sandbox if no provider's key is set."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from creator_assets.cli.checkout import enter_checkout, providers_reachable
from creator_assets.cli.errors import SetupError
from creator_assets.cli.options import Universe
from creator_assets.cli.screen import console

HELP = "Serve the Dagster UI and its daemon on this machine until Ctrl-C. Uses the sandbox if no provider's key is set."
STOP_SECONDS = 15
HOST = "127.0.0.1"
LOCK = Path("data/dev.lock")  # beside the runs that Dagster keeps, wherever the tables lie


def run(
    port: Annotated[int, typer.Option(metavar="PORT", help="Serve the UI on this port.", min=1, max=65_535)] = 3000,
    universe: Universe = None,
) -> None:
    """Run Dagster, and the sandbox if needed, until interrupted."""
    data = enter_checkout()
    with _only_one(port) as lock, providers_reachable(data, universe) as sandbox_url:
        providers = (
            f"No provider's key is set. The sandbox at {sandbox_url} replaces the providers."
            if sandbox_url
            else "Keys are set. Runs use the real providers."
        )
        console.print(providers, markup=False)
        command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", HOST, "-p", str(port)]
        console.print(f"Dagster UI: {_address(port)}")
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell makes its background jobs ignore interrupts. Dagster would inherit that, and ignore SIGTERM too.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        # Dagster holds the lock as well: it may outlive this process.
        with subprocess.Popen(command, env=_quieter(), pass_fds=(lock,)) as dagster:  # noqa: S603 - this interpreter, fixed arguments
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


def _quieter() -> dict[str, str]:
    """The environment, without the advice to use another program that is not installed."""
    given = os.environ.get("PYTHONWARNINGS")
    quiet = "ignore:Function `dev_command` is superseded"
    return {**os.environ, "PYTHONWARNINGS": f"{given},{quiet}" if given else quiet}


@contextmanager
def _only_one(port: int) -> Iterator[int]:
    """Hold the lock of this checkout: two daemons would run each schedule twice. The kernel frees it.

    Yields:
        The descriptor of the lock. Each process that has it holds the lock until it ends.

    Raises:
        SetupError: Another command holds it, or `port` is taken.
    """
    LOCK.parent.mkdir(mode=0o700, exist_ok=True)
    with LOCK.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise SetupError(
                f"Dagster already serves this checkout: {lock.read(100) or 'it starts'}. Use it, or stop it with "
                "Ctrl-C. Where its terminal is gone, end the process `dagster dev`."
            ) from None
        _require_free(port)
        lock.truncate(0)
        lock.write(_address(port))
        lock.flush()
        yield lock.fileno()


def _require_free(port: int) -> None:
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise SetupError(
            f"Port {port} cannot be used ({os.strerror(error.errno or 0)}). Choose another with --port."
        ) from None


def _address(port: int) -> str:
    return f"http://{HOST}:{port}"


def _forward_to(process: subprocess.Popen[bytes]) -> Callable[[int, FrameType | None], None]:
    def forward(signal_number: int, _frame: FrameType | None) -> None:
        process.send_signal(signal_number)

    return forward
