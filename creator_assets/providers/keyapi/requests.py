"""The requests that are made of KeyAPI: one account each; the paid client joins up to ten of them.

What they cost and what their answers mean is declared in ``operations``.
"""

from __future__ import annotations

from creator_assets.handles import canonical_handle
from creator_assets.providers.contract.account_settings import ProviderSettings, at_account_prices
from creator_assets.providers.contract.operations import (
    PagedRequest,
)
from creator_assets.providers.keyapi.operations import _request


@at_account_prices
def profile(_settings: ProviderSettings, _platform: str, username: str) -> PagedRequest:
    """One account. The paid client joins up to ten of them, which cost 1 credit together."""
    return PagedRequest(first=_request({"unique_ids": canonical_handle(username, "tiktok")}))


@at_account_prices
def profile_by_id(_settings: ProviderSettings, user_id: str) -> PagedRequest:
    """One account by its TikTok id, which stays the same when the handle changes."""
    return PagedRequest(first=_request({"user_ids": user_id}))
