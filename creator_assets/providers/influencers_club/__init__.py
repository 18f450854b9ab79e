"""influencers.club: discovery, look-alikes, enrichment, batches and posts, charged in fractions of a credit.

What only this provider sends or charges belongs here. Dictionaries and posts have files of their own.
"""
