"""A page that a provider sends again: the request for the first page of the same search."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from creator_assets.sandbox.engine.endpoint import SandboxRequest


def first_page(operation: str, request: SandboxRequest) -> SandboxRequest | None:
    """The request for the first page; None where the request has no pages, or is that request."""
    if operation == "ID-6" and request.query.get("skipCount", "0") != "0":
        return replace(request, query={**request.query, "skipCount": "0"})
    if operation == "ID-7" and "cursor" in request.query:
        return replace(request, query={name: text for name, text in request.query.items() if name != "cursor"})
    if operation not in {"IC-1", "IC-2", "IC-22"}:
        return None
    body = request.json()
    paging, first = body.get("paging"), request.world.settings.first_page
    if isinstance(paging, dict) and paging.get("page", first) != first:
        return replace(request, body=msgspec.json.encode(body | {"paging": paging | {"page": first}}))
    if body.get("pagination_token"):
        return replace(request, body=msgspec.json.encode({**body, "pagination_token": None}))
    return None
