"""Prompts that say nearly the same."""
