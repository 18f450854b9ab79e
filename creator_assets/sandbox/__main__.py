"""``python -m creator_assets.sandbox``: run the sandbox as a process.

Belongs here: reading the flags. This module uses argparse, because tests start the process often and argparse imports
faster than the project's command-line library.
"""

from __future__ import annotations

import argparse
import sys

import msgspec

from creator_assets.sandbox.server import FAILED_PREFIX, READY_PREFIX, end_when_stdin_closes, serve
from creator_assets.sandbox.settings import SandboxSettings


def main(arguments: list[str] | None = None) -> int:
    """Read flags, serve until stopped, and return the exit code."""
    parser = argparse.ArgumentParser(prog="creator-assets sandbox", description="Serve the providers on localhost.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default)")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input ends")
    for field in msgspec.structs.fields(SandboxSettings):
        flag = f"--{field.name.replace('_', '-')}"
        alias = {"universe_path": ["--universe"], "links_path": ["--links"], "video_series_path": ["--video-series"]}
        alias |= {"state_path": ["--state"]}
        parser.add_argument(flag, *alias.get(field.name, []), dest=field.name, help=f"(default: {field.default})")
    flags = vars(parser.parse_args(arguments))
    host, port, watched = flags.pop("host"), flags.pop("port"), flags.pop("until_stdin_closes")
    try:
        given = {name: value for name, value in flags.items() if value is not None}
        settings = msgspec.convert(given, SandboxSettings, strict=False)
    except msgspec.ValidationError as error:
        parser.error(str(error))
    if watched:
        end_when_stdin_closes()
    try:
        serve(settings, host, port, _announce)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{FAILED_PREFIX}{error}.\n")
        return 1
    return 0


def _announce(base_url: str) -> None:
    sys.stdout.write(f"{READY_PREFIX}{base_url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
