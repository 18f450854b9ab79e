"""What every sandboxed provider shares: requests, limits, faults, accounts, the meter and the clock.

What one provider answers belongs to its own folder; invented creators belong to ``universe``.
"""
