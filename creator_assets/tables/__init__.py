"""Tables: what every table looks like (``schemas``) and how a partition of one is written and read (``store``).

No provider's name and no formula belongs here.
"""
