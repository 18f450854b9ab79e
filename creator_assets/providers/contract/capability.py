"""A capability: one thing that one provider can do, with the function that asks and the function that reads.

What the two functions take and return is fixed by the key of its kind. The kinds are listed in ``kinds``; which
capabilities exist is declared by the providers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from creator_assets.providers.contract.account_ids import AccountIds
from creator_assets.providers.contract.account_settings import ProviderSettings
from creator_assets.providers.contract.operations import Answer, Operation, PagedRequest
from creator_assets.providers.contract.statements import RecordCount

PagesT = TypeVar("PagesT")
RowsT = TypeVar("RowsT")
PagesT_co = TypeVar("PagesT_co", covariant=True)
RowsT_co = TypeVar("RowsT_co", covariant=True)


class Capability(msgspec.Struct, Generic[PagesT_co, RowsT_co], frozen=True, kw_only=True):
    """One thing that one provider can do, on these platforms. Made by the key of its kind.

    ``pages`` makes the requests, ``rows`` reads the answers. ``depth`` tells capabilities of the same kind apart
    (``full`` and ``raw`` profiles, details of a post). ``option`` names what only some providers offer: the capability
    asks for the same with that option, and each of the two is a request of its own. ``charged`` is the operation whose
    price counts, in its `variant` where it has several. ``shared_by`` is how many creators, posts or videos one unit of
    that price brings at least, ``units`` how many units one of them takes in all.

    ``by_id`` makes of a request about a creator the one that asks by an id of the account. It is the same request, and
    its answer the same, whatever is sent; None where the provider takes handles alone.

    ``resolves_links``: the provider finds a video behind a short link. ``watermark`` reads from the answers of a
    content request the timestamp from which the next one goes on; None where the provider has none. ``counted``
    compares how many records an answer states with how many it holds.
    """

    provider: str
    kind: CapabilityKey[PagesT_co, RowsT_co]
    platforms: tuple[str, ...]
    pages: PagesT_co
    rows: RowsT_co
    depth: str
    option: str
    charged: Operation | None
    variant: str
    shared_by: int
    units: int
    by_id: Callable[[PagedRequest, AccountIds], PagedRequest] | None
    resolves_links: bool
    watermark: Callable[[Sequence[Answer]], datetime | None] | None
    counted: Callable[[Answer], RecordCount | None] | None

    def each_microcredits(self, settings: ProviderSettings = ProviderSettings()) -> int:  # noqa: B008 - frozen
        """What one costs at most, in the provider's own credits, at the prices of an account."""
        price = settings.in_force(self.charged).price if self.charged else None
        return price.variant_microcredits(self.variant) * self.units // self.shared_by if price else 0


AnyCapability = Capability[object, object]
"""A capability of any kind, for code that neither asks nor reads: provider, platforms and price are known."""


class CapabilityKey(Generic[PagesT, RowsT]):
    """The key of a kind: ``PagesT`` is the protocol of its ``pages``, ``RowsT`` that of its ``rows``.

    Each kind has one key; keys are compared by identity. Capabilities are made here because a type checker then holds
    their functions against the protocols of the kind.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        """Name the kind, e.g. ``audience``."""
        return self._name

    def __repr__(self) -> str:
        """Name the kind as it is written in code."""
        return f"CapabilityKind.{self._name.upper()}"

    def provided_by(
        self,
        provider: str,
        platforms: tuple[str, ...] = (),
        *,
        pages: PagesT,
        rows: RowsT,
        depth: str = "",
        option: str = "",
        charged: Operation | None = None,
        variant: str = "",
        shared_by: int = 1,
        units: int = 1,
        by_id: Callable[[PagedRequest, AccountIds], PagedRequest] | None = None,
        resolves_links: bool = False,
        watermark: Callable[[Sequence[Answer]], datetime | None] | None = None,
        counted: Callable[[Answer], RecordCount | None] | None = None,
    ) -> Capability[PagesT, RowsT]:
        """A capability of this kind; the arguments are the fields of ``Capability``."""
        return Capability(
            provider=provider,
            kind=self,
            platforms=platforms,
            pages=pages,
            rows=rows,
            depth=depth,
            option=option,
            charged=charged,
            variant=variant,
            shared_by=shared_by,
            units=units,
            by_id=by_id,
            resolves_links=resolves_links,
            watermark=watermark,
            counted=counted,
        )
