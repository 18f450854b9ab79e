"""What each provider offers, as data: operations with their prices and limits, payloads, and rows.

One folder per provider, each with the same three files: ``operations.py`` (endpoint, price rule, limits, freshness,
what an answer means for the bill), ``payloads.py`` (the shape of answers) and ``rows.py`` (answers to table rows).
What two of them share stands beside them in this folder. No I/O happens here: nothing in this room sends, stores or
spends.
"""
