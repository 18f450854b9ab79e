"""On which accounts Influtics has no data. Its real gaps are not documented; these are invented."""

from __future__ import annotations

from creator_assets.sandbox.universe.coverage import DataGaps

GAPS = DataGaps(percent=2, salt=34)
