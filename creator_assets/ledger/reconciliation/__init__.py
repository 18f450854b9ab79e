"""Comparing the books with the balance that a provider states, and settling by it what is uncertain.

Asking the provider for its balance belongs to the caller.
"""
