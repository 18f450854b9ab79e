"""The assets, one file a stage.

In the order of the graph: ``discovery``, ``batches``, ``profiles``, ``linked_accounts``, ``email_matches``,
``audiences``, ``overlap``, ``content``, ``content_details``, ``tracking``, ``videos``, ``people``, ``reports``,
``credits``. The other files hold what several stages need.

An asset is wanted calls, answers, rows: a pure function lists the calls that a partition wants (the same list is
priced by the plan and executed by the door), the provider's rows make rows of the answers, the store writes them. No
HTTP, no SQL and no formula here.

Files that define assets do without ``from __future__ import annotations``: Dagster reads their annotations as they
stand.
"""
