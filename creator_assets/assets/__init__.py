"""The assets: what Dagster sees. One file an asset, named like the asset; ``graph`` finds them.

A file says what an asset is called, in which group, which tables it reads, and what it is made of. What a paid asset
asks for, and how answers become rows, belongs to ``demand``; formulas belong to ``metrics``; what all assets share, to
``framework``. No HTTP, no SQL and no formula here.
"""
