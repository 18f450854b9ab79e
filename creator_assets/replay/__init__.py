"""Answers that a provider once gave, played again through real asset runs.

Belongs here: the form of a case (``case``), the HTTP server that gives its answers (``server``), the temporary project
that asks for them (``project``), and what came out compared with what the case expects (``verdict``).

Does not belong here: any rule of reading. A case shows what the project makes of an answer; it changes nothing in it.
"""
