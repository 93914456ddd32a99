"""Compare models on held-out examples: ask, score, and say how sure the difference is."""
