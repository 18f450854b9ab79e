"""What every asset shares: the decorator, the loop over partitions, the paid step, metadata.

One asset's own work belongs to its file one floor up; what a stage asks for belongs to ``demand``.
"""
