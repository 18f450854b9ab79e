"""Work that providers do in the background: which jobs exist, how far they are, what they hold.

What a job is asked and how its results become rows belongs to ``demand.batches`` and to the providers.
"""
