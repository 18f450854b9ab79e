"""What a run would cost before it runs: the plan, the approved plan, and the price list.

What is requested belongs to ``demand``. Buying belongs to the paid client in the package above.
"""
