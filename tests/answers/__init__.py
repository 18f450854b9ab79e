"""Cases of answers, and what must come out of them."""
