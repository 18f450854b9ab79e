"""What runs by itself: admission of runs, schedules, sensors and asset checks.

A sensor or a coordinator decides; it never makes a request that costs. What spends is off until you switch it on, and
what is free is on. Requests, formulas and tables belong to the rooms below.
"""
