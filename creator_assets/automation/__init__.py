"""What runs by itself: admission of runs, schedules, sensors, asset checks.

A sensor or a coordinator decides; it never makes a call that costs. What spends is off until somebody switches it
on; what is free is on. Calls, formulas and tables belong to the rooms below.
"""
