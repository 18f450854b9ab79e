"""Compares the books with the balance that a provider states, and resolves what is in doubt."""
