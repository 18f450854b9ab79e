"""A third voice of the sandbox: the answers of the real voice, as a hostile network or a careless provider sends them.

Belongs here: what can be changed in an answer. ``values`` changes values and fields, ``texts`` spoils the bytes,
``answers`` replaces whole answers; each by a chance that it is given.
Does not belong here: which answer is changed, and what it costs. ``engine.hostility`` decides that.
"""
