"""The same request as an older release sent it, when a handle still had the spelling in which it was written.

Older releases asked for `Some.Name` where this one asks for `some.name`. What they bought is in the archive under the
key of their request. The archive names no handle, so an older spelling must be known to be found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from creator_assets.providers.contract.operations import Request

_HANDLE_INPUTS = frozenset({"handle", "username", "usernames", "unique_ids", "creators", "filter_value"})
_Value = TypeVar("_Value")


class OlderSpellings:
    """By handle, how an older release spelled it. Its repr names nobody."""

    def __init__(
        self, written: Mapping[str, str] | None = None, by_platform: Mapping[tuple[str, str], str] | None = None
    ) -> None:
        """`written` has the older spelling by the handle's one spelling; `by_platform` by platform and handle."""
        stated = {("", name): older for name, older in (written or {}).items()} | dict(by_platform or {})
        self._written = {key: older for key, older in stated.items() if key[1] != older}

    def __repr__(self) -> str:
        """Say how many there are."""
        return f"OlderSpellings({len(self._written)})"

    def older_request(self, request: Request) -> Request | None:
        """The request with handles as they were; None where no handle in it had another spelling.

        Files and joined requests are left alone: their parts are looked up one by one.
        """
        if not self._written:
            return None
        inputs = (request.path_params, request.params, request.body or {})
        platform = next((str(one["platform"]) for one in inputs if "platform" in one), "")
        older = msgspec.structs.replace(
            request,
            path_params=self._older(request.path_params, platform),
            params=self._older(request.params, platform),
            body=None if request.body is None else self._older(request.body, platform),
        )
        changed = (older.path_params, older.params, older.body) != (request.path_params, request.params, request.body)
        return older if changed else None

    def _older(self, inputs: Mapping[str, _Value], platform: str) -> dict[str, _Value]:
        return {
            name: self._spelled(value, platform) if name in _HANDLE_INPUTS else value for name, value in inputs.items()
        }

    def _spelled(self, value: _Value, platform: str) -> _Value:
        if isinstance(value, str):
            return self._as_written(value, platform)  # type: ignore[return-value]  # a text stays a text
        if isinstance(value, list):
            names = [self._as_written(name, platform) if isinstance(name, str) else name for name in value]
            # A request that sorts its handles sorted them as they were spelled.
            return sorted(names) if value == sorted(value) else names  # type: ignore[return-value]
        return value

    def _as_written(self, name: str, platform: str) -> str:
        return self._written.get((platform, name), self._written.get(("", name), name))


NO_OLDER_SPELLINGS = OlderSpellings()
