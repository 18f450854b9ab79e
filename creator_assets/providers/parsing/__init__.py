"""What the parsers of several providers share: outcomes of responses, bodies, records, table rows, video addresses.

What belongs here: code that two providers use. What does not: field names and rules of a single provider, which are in
its own folder.
"""
