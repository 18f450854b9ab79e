"""On which accounts influencers.club has no data. Its real gaps are not documented; these are invented."""

from __future__ import annotations

from creator_assets.sandbox.universe.coverage import DataGaps

GAPS = DataGaps(percent=4, salt=31)
