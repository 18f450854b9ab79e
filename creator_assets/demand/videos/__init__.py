"""Posts and videos: new posts, their details, which videos are tracked by whom, and their daily counters.

Formulas over these rows belong to ``metrics``.
"""
