"""influData: discovery, profiles with optional audience report, and a request budget counted in whole requests."""
