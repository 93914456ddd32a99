"""How many tokens texts and examples have, for the base model of the sandbox and for others, without a network."""

from ftwidgets.data.tokens.nano import count_tokens as count_tokens

__all__ = ["count_tokens"]
