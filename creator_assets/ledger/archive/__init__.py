"""The archive of answers: how bodies are stored and checked, which answer serves a request, and how old bodies move.

What an answer means belongs to ``providers``; what it cost, to ``ledger.booking``.
"""
