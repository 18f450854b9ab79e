"""The bodies of answers: where they are stored, how they move to Parquet segments, and how they are read back.

Which answer serves a partition is decided here as well; what an answer means belongs to ``providers``.
"""
