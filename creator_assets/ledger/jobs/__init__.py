"""Jobs that providers do in the background: which there are, how far they are, and which credits are held for them.

When to poll a job belongs to ``automation``. What a job asks for, and how its results become rows, belongs to
``demand.batches`` and to the providers.
"""
