"""Run the sandbox in this process, or in a child process that ends with its parent.

Belongs here: sockets, signals and processes. ``app`` builds the application that they serve.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from creator_assets.sandbox.settings import SandboxSettings

READY_PREFIX = "sandbox ready at "
FAILED_PREFIX = "The sandbox could not start: "
START_TIMEOUT_SECONDS = 30.0


class SandboxStartError(RuntimeError):
    """The sandbox process did not start; the message holds its error output."""


class _TransportInScope(H11Protocol):
    """HTTP protocol that lets the application close its own connection, to simulate a dropped connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        app = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope["sandbox.transport"] = lambda: self.transport
            await app(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """Server that calls a function when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def serve(settings: SandboxSettings, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted or terminated.

    Args:
        settings: What to serve.
        host: Address to listen on. Use a loopback address: the control paths have no authentication.
        port: Port to listen on; 0 takes a free one.
        ready: Called once with the base URL (no final slash) when the server accepts requests.

    Raises:
        OSError: The address is taken.
    """
    # A parent that only starts a child has no use for the providers.
    from creator_assets.sandbox.app import build_app  # noqa: PLC0415

    listener = socket.create_server((host, port))
    base_url = f"http://{host}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        build_app(settings),
        http=_TransportInScope,
        ws="none",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=60,
    )
    with listener:
        _Server(config, lambda: ready(base_url)).run(sockets=[listener])


class RunningSandbox:
    """A sandbox in a child process."""

    def __init__(self, process: subprocess.Popen[str], base_url: str) -> None:
        """Manage a process that has reported that it is ready."""
        self._process = process
        self.base_url = base_url

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    def url(self, provider: str) -> str:
        """Return the base URL of a provider (``infludata``) or of the control paths (``_sandbox``)."""
        return f"{self.base_url}/{provider}"

    def stop(self) -> None:
        """End the child and wait for it. Safe to call when it has already ended.

        It is killed: what it keeps survives that at any moment, and a server that ends by itself first waits for a
        while.
        """
        process = self._process
        if process.stdin is not None:
            process.stdin.close()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the child."""
        self.stop()


def start_in_background(settings: SandboxSettings, *, host: str = "127.0.0.1", port: int = 0) -> RunningSandbox:
    """Start a sandbox in a child process and return when it accepts requests; use it as a context manager.

    The child ends when `RunningSandbox.stop` is called and when the block is left. It also ends when this process
    dies: it watches a pipe that only this process holds open.

    Raises:
        SandboxStartError: The child ended, or printed nothing for 30 seconds.
    """
    command = [
        sys.executable,
        "-m",
        "creator_assets.sandbox",
        "--host",
        host,
        "--port",
        str(port),
        "--until-stdin-closes",
    ]
    with tempfile.TemporaryFile("w+") as errors:  # a file: nobody reads a pipe while the child runs
        process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
            [*command, *settings.as_flags()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        line = _first_line(process.stdout, START_TIMEOUT_SECONDS)
        if not line.startswith(READY_PREFIX):
            process.kill()
            process.communicate()
            errors.seek(0)
            reason = errors.read().strip()[-2_000:].removeprefix(FAILED_PREFIX) or "It printed no error."
            raise SandboxStartError(f"{FAILED_PREFIX}{reason}")
    return RunningSandbox(process, line.removeprefix(READY_PREFIX).strip())


def end_when_stdin_closes() -> None:
    """Terminate this process once its standard input ends. It ends whenever the parent process ends."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _first_line(stream: IO[str] | None, timeout_seconds: float) -> str:
    if stream is None:
        return ""
    readable, _, _ = select.select([stream], [], [], timeout_seconds)
    return stream.readline() if readable else ""
