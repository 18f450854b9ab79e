"""What each provider offers, as data: operations with prices and limits, requests, payloads and rows.

One folder per provider, with the same files in each: ``operations.py`` (endpoints, prices, limits, what a response
means), ``requests.py`` (the requests that are made), ``payloads.py`` (the shape of answers), ``rows.py`` (answers to
table rows) and ``definition.py`` (what the rest of the project reads). ``registry`` lists the providers,
``capabilities`` finds what they can do, ``ranking`` compares what that costs.

Nothing in this room sends, stores or spends. Everything above reaches a provider through ``registry``,
``capabilities`` and ``ranking``, and names none.
"""
