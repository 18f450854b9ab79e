"""KeyAPI: analytics of TikTok accounts, at one credit a request whatever the number of accounts in it."""
