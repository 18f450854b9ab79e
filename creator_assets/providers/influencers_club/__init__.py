"""influencers.club: discovery, look-alikes, enrichment and dictionaries, paid in hundredths of a credit."""
