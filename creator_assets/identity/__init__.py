"""Identity: one id per account, one id per person, and how both change over time.

Pure functions on frames, and two files: the installation's secret and the team's decisions. Nothing here calls a
provider, depends on a provider's name or writes a table.

Read the modules in this order: ``secret``, ``accounts`` (uses ``handle_ownership``), ``evidence`` and
``name_similarity`` (both use ``comparison``), ``people`` (uses ``clusters``), ``renames``, ``decisions``, ``register``.
"""
