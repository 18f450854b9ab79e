"""The vocabulary in which every provider is described, and the types that the rooms above see.

What belongs here: operations, requests, answers, prices, account settings, capabilities with the protocol of each
kind, and the definition of a provider. What does not: any single provider, parsing, and I/O.
"""
