"""Models that answer: which there are, whose turn it is to use the processor, when one is retired."""
