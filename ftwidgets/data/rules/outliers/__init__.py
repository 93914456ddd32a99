"""Texts that differ from the rest of their set: in length, ending, style or language."""
