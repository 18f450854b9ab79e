"""Removal of e-mail addresses from all texts of a table. People write addresses into biographies and captions.

Every write calls this module, so no table contains an address. The archive keeps the original response.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

# No space before the sign: "call @maple.solar" mentions an account.
ADDRESS = r"(?i)[\w.%+'-]+(?:@|\s?[(\[]\s?at\s?[)\]]\s?)[\w-]+(?:\.[\w-]+)+"
REMOVED = "[e-mail removed]"


def without_addresses(frame: pl.DataFrame, keys: Collection[str]) -> pl.DataFrame:
    """Return the frame with every address in its texts replaced, except in the columns `keys`."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String and name not in keys]
    return frame.with_columns(pl.col(name).str.replace_all(ADDRESS, REMOVED) for name in texts)
