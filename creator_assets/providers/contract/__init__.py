"""The vocabulary in which every provider is described: operations, prices, account settings, kinds of work.

Nothing here knows a single provider or does I/O.
"""
