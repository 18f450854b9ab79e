"""``creator-assets sandbox``: the four providers on localhost, in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creator_assets.cli.screen import console

HELP = "Serve the providers' documented behaviour on this machine, with a meter of its own, until Ctrl-C."


def run(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 0,
    universe: Annotated[
        Path | None,
        typer.Option(help="Parquet file of creators; left out, synthetic ones.", exists=True, dir_okay=False),
    ] = None,
    size: Annotated[int, typer.Option(help="How many synthetic creators.", min=1, max=1_000_000)] = 100_000,
    seed: Annotated[int, typer.Option(help="Another seed, other creators.")] = 7,
    state: Annotated[Path | None, typer.Option(help="File in which meter and balances survive a restart.")] = None,
) -> None:
    """Serve until interrupted."""
    from creator_assets.sandbox import SandboxSettings, serve  # noqa: PLC0415 - keeps `--help` quick

    settings = SandboxSettings(
        universe_path=None if universe is None else str(universe),
        size=size,
        seed=seed,
        state_path=None if state is None else str(state),
    )
    serve(
        settings,
        "127.0.0.1",
        port,
        lambda base_url: console.print(f"Sandbox at {base_url}, its meter at {base_url}/_sandbox/meter"),
    )
