"""Posts and videos: new posts, their details, which videos have which tracker, and their daily counters.

Formulas over these rows belong to ``metrics``.
"""
