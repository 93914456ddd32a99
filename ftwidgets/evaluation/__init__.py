"""Compare models on held-out examples: ask them, score the answers, and say how certain the difference is."""
