"""The period in which a video is tracked. The one place for this number; providers and demand import it from here.

A provider that tracks videos does so for 30 days (seed ``004_40d95a48aadf2d02.txt``). Daily snapshots at other
providers use the same period, so that costs and counters of both are comparable.
"""

from __future__ import annotations

TRACKED_DAYS = 30

LAST_DAY_NUMBER = TRACKED_DAYS + 1
"""Number of a video's last UTC day: 30 times 24 hours from any time of a day touch 31 days."""
