"""KeyAPI: analytics of TikTok accounts, at one credit for each request of up to ten accounts.

What only this provider sends or charges belongs here.
"""
