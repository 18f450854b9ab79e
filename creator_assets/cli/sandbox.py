"""``creator-assets sandbox``: the providers on localhost, in the foreground."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Annotated

import typer

from creator_assets.cli.errors import SetupError
from creator_assets.cli.options import Voice
from creator_assets.cli.screen import console

HELP = (
    "Serve a sandbox of the providers on this machine until Ctrl-C. It behaves as they document, and its own "
    "meter counts what they would charge."
)


def run(
    port: Annotated[
        int, typer.Option(metavar="PORT", help="Listen on this port. 0 takes a free one.", min=0, max=65_535)
    ] = 0,
    universe: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Read creators from this Parquet file. Default: synthetic creators.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    size: Annotated[
        int, typer.Option(metavar="NUMBER", help="Set the number of synthetic creators.", min=1, max=1_000_000)
    ] = 100_000,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Make the synthetic creators from this seed.")] = 7,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep meter and balances in this file, beyond a restart.")
    ] = None,
    voice: Voice = "plain",
    hostile_seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="Spoil the answers of the hostile voice by this seed.")
    ] = 1,
) -> None:
    """Serve until interrupted."""
    from creator_assets.sandbox import SandboxSettings, serve  # noqa: PLC0415 - keeps `--help` quick
    from creator_assets.sandbox.server import FAILED_PREFIX  # noqa: PLC0415

    settings = SandboxSettings(
        universe_path=None if universe is None else str(universe),
        size=size,
        seed=seed,
        state_path=None if state is None else str(state),
        voice=voice,
        hostile_seed=hostile_seed,
    )
    try:
        serve(settings, "127.0.0.1", port, _show_address)
    except ValueError as error:
        raise SetupError(f"{FAILED_PREFIX}{error}.") from None
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES) or error.filename is not None:
            raise
        raise SetupError(
            f"The sandbox cannot use port {port}: {os.strerror(error.errno)}. Choose another with --port."
        ) from None


def _show_address(base_url: str) -> None:
    console.print(f"Sandbox: {base_url}\nMeter:   {base_url}/_sandbox/meter", markup=False)
