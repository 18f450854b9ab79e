"""What a run would cost before it runs: the plan, a plan that somebody approved, and the price list.

What is asked for belongs to ``demand``; buying belongs to ``spending``.
"""
