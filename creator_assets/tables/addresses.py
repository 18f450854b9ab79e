"""E-mail addresses never reach a table: people write them into biographies and captions.

The one place that takes them out, on the way into every table. The archive keeps the text as it was answered.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

# No space may stand before the sign itself: "call @maple.solar" mentions an account.
ADDRESS = r"(?i)[\w.%+'-]+(?:@|\s?[(\[]\s?at\s?[)\]]\s?)[\w-]+(?:\.[\w-]+)+"
REMOVED = "[e-mail removed]"


def without_addresses(frame: pl.DataFrame, keys: Collection[str]) -> pl.DataFrame:
    """The frame with every address in a text replaced; `keys` are left alone, for a key is no place for one."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String and name not in keys]
    return frame.with_columns(pl.col(name).str.replace_all(ADDRESS, REMOVED) for name in texts)
