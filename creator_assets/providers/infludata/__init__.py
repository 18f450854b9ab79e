"""influData: discovery, profiles, audience reports and content, charged in whole requests.

What only this provider sends or charges belongs here. Requests for content have a file of their own.
"""
