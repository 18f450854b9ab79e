"""Every operation of every provider: what it costs, what its answers mean, and which rows they become."""
