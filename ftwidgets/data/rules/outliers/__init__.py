"""Texts unlike the rest of their set: length, ending, style, language."""
