"""Influtics: the page of tracked videos.

From PUBLIC_DOCS.md 1.2: of the pagination object only ``has_more`` is documented. The other bodies have documented
fields (seeds ``000`` and ``004``, PUBLIC_DOCS.md 1.2 to 1.4), and both voices give exactly these.
"""

from __future__ import annotations

from typing import Any


def pagination(plain: dict[str, Any]) -> dict[str, Any]:
    """Return the documented part of the pagination."""
    return {"has_more": plain["has_more"]}
