"""Influtics: videos tracked for 30 days at 30 credits each, their daily statistics for free, and bloggers' averages.

What only this provider sends or charges belongs here.
"""
