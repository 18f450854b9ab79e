"""The partition keys that a table can have, outermost first. They are folders in the path of a file, never columns.

How a partition is named belongs to ``partitions``; which table has which keys stands beside its schema.
"""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy

WHOLE: tuple[str, ...] = ()
WEEKLY = ("campaign", "week")
DAILY = ("campaign", "day")
UNREAD = ("asset", "campaign", "start")

Tables = Mapping[str, tuple[type[dy.Schema], tuple[str, ...]]]
"""By name: the schema of a table, and its partition keys."""
