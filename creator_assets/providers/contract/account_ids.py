"""Ids of an account, which stay when its handle changes, for providers that take them in place of the handle."""

from __future__ import annotations

import msgspec


class AccountIds(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one account beside its handle.

    ``native_id`` is the platform's id. ``provider_ids`` are ids that providers gave it, each by the provider's name.
    """

    native_id: str | None = None
    provider_ids: dict[str, str] = {}

    def __repr__(self) -> str:
        """Say how many ids there are, never which: they name somebody."""
        return f"AccountIds({len(self.provider_ids) + (self.native_id is not None)})"
