"""The rule for a campaign's slug, the only business word that may become part of a partition key or a path.

It sits alone because both the brief and the partition keys rest on it. A slug can hold no handle marker, e-mail,
path separator or delimiter: nothing but lower-case ASCII letters, digits and hyphens.
"""

from __future__ import annotations

import re

SLUG_RULE = "1 to 63 lower-case letters, digits and hyphens, beginning with a letter or a digit"
SLUG_PATTERN = r"[a-z0-9][a-z0-9-]{0,62}"


def is_slug(text: str) -> bool:
    """Whether `text` may name a campaign."""
    return re.fullmatch(SLUG_PATTERN, text) is not None
