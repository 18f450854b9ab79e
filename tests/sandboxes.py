"""Sandboxes of a test's own, each started with settings of its own and stopped when the test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from creator_assets.sandbox import RunningSandbox, SandboxSettings, start_in_background


class Closable(Protocol):
    """What is made around a running sandbox; closing it stops that."""

    def close(self) -> None:
        """Stop the sandbox and close what talks to it."""


_Made = TypeVar("_Made", bound=Closable)


def starting(make: Callable[[RunningSandbox], _Made], *, size: int) -> Iterator[Callable[..., _Made]]:
    """Yield a function that starts a sandbox on a Monday noon, of `size` creators, with rate limits out of the way."""
    made: list[_Made] = []

    def begin(**settings: Any) -> _Made:
        usual: dict[str, Any] = {"size": size, "rate_limit_scale": 1_000.0, "start_at": "2026-03-02T12:00:00+00:00"}
        made.append(make(start_in_background(SandboxSettings(**(usual | settings)))))
        return made[-1]

    yield begin
    for one in made:
        one.close()
