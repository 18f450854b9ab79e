"""What the parsers of several providers share: bodies, records, table rows, addresses of videos.

What one provider alone sends belongs to its own folder.
"""
