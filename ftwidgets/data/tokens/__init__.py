"""How many tokens texts and examples have, for the base model of the sandbox and for others, without a network."""

from ftwidgets.data.tokens.count import count_tokens as count_tokens

__all__ = ["count_tokens"]
