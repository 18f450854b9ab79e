"""What each provider offers, as data: operations with their prices and limits, payloads, and rows.

One folder per provider, each with the same files: ``operations.py`` (endpoint, price rule, limits, freshness, what an
answer means for the bill), ``payloads.py`` (the shape of answers), ``rows.py`` (answers to table rows) and
``definition.py`` (all of it in one value). ``contract`` has the vocabulary of these descriptions, ``parsing`` what
several parsers share. No I/O happens here: nothing in this room sends, stores or spends.
"""
