"""The parts that all sandboxed providers share: the request pipeline, rate limits, faults, accounts, meter and clock.

Belongs here: everything that is the same for every provider.
Does not belong here: one provider's responses and prices (its own package), creators and their posts (``universe``).
"""
