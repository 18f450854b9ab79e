"""A process that has the packages loaded and becomes ``creator-assets`` in a fork for each command; no test here.

A command takes 1.3 s to load Dagster and polars, and the tests run hundreds. Each still runs as a process of its own,
with the program's own entry, arguments, environment, folder and exit code. The server ends with the process that
started it. What depends on the terminal is loaded in the fork, as it is when the program starts.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

LOADED = (
    "creator_assets.definitions",
    "creator_assets.replay.project",
    "typer",
    "rich.console",
    "rich.table",
    "dotenv",
)
SECONDS = 120


class CommandServer:
    """The running server; `run` asks it for a process."""

    def __init__(self, folder: Path) -> None:
        self._address = str(folder / "commands.sock")
        checkout = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, self._address],
            cwd=checkout,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(checkout), "HOME": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def run(self, arguments: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """The command's exit code and what it printed."""
        with tempfile.TemporaryDirectory() as folder:
            printed = [Path(folder, name) for name in ("stdout", "stderr")]
            asked = {
                "arguments": list(arguments),
                "cwd": str(cwd),
                "environ": dict(environ),
                "to": [*map(str, printed)],
            }
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(SECONDS)
                connection.connect(self._address)
                connection.sendall(json.dumps(asked).encode() + b"\n")
                with connection.makefile() as lines:
                    code = int(lines.readline())
            out, errors = (path.read_text() for path in printed)
        return subprocess.CompletedProcess(list(arguments), code, out, errors)

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@cache
def command_server() -> CommandServer:
    """The server of this process, started when it is first needed."""
    folder = tempfile.TemporaryDirectory(prefix="commands-")
    server = CommandServer(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(server.stop)
    return server


def serve(address: str) -> None:
    """Answer requests until standard input ends. Returns in each fork that is to become a command, and there only."""
    commands: dict[int, socket.socket] = {}
    gc.freeze()  # what is loaded is never collected: a fork that looks at it would copy it
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        os.write(1, b"ready\n")
        while True:
            readable, _, _ = select.select([listener.fileno(), 0], [], [], 0.01 if commands else 1.0)
            if 0 in readable:  # nobody writes: it has ended
                os._exit(0)
            if listener.fileno() in readable:
                connection, _ = listener.accept()
                with connection.makefile() as lines:
                    asked = json.loads(lines.readline())
                command = os.fork()
                if command == 0:
                    for one in (listener, connection, *commands.values()):
                        one.close()
                    _stand_in(asked)
                    return
                commands[command] = connection
            _answer_ended(commands)


def _answer_ended(commands: dict[int, socket.socket]) -> None:
    for command in list(commands):
        ended, status = os.waitpid(command, os.WNOHANG)
        if ended:
            with commands.pop(command) as connection:
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _stand_in(asked: Mapping[str, Any]) -> None:
    """Take over what a process is started with."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, place in enumerate([os.devnull, *asked["to"]]):
        opened = os.open(place, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    sys.argv = ["-c", *asked["arguments"]]
    random.seed()


def _run_command() -> None:
    """The program's own entry. The process then ends as it would, but without taking apart all that is loaded."""
    from creator_assets.cli import main  # noqa: PLC0415 - it looks at the terminal when it is loaded

    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    from importlib import import_module

    for one in LOADED:
        import_module(one)
    serve(sys.argv[1])
    _run_command()
