"""The paid client: every request to a provider passes through this package and no other.

What belongs here: what the archive covers, what must hold before a purchase, the purchase itself, the transport, and
the failures. ``planning`` prices demand before a run. What does not: the books (``ledger``), what assets ask for
(``demand``), and what one provider charges (its operations). No provider is known by name here, and nothing imports
Dagster.
"""
