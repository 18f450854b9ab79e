"""Who is who: one id for each account, one for each person, and what became of both over time.

Pure functions on frames, and two files: the installation's secret and the team's decisions. Nothing here calls a
provider, knows one by name or writes a table. Read in this order: ``secret``, ``accounts`` (with ``tenures``),
``evidence`` and ``likeness`` (with ``comparison``), ``people`` (with ``clusters``), ``renames``, ``decisions``.
"""
