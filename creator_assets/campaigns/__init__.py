"""The campaign brief: a YAML file of `campaigns/` read into a typed, checked, frozen ``Campaign``.

What belongs here: the form of a brief, how it is read, and what is said about a brief that is wrong. What does not:
payloads, prices and provider names. What the providers can do is handed in as a ``ProviderCatalog``, so that a filter
which a provider would silently ignore, and bill, is refused before anything is sent.
"""
