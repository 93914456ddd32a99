"""The routes of chat completions: create, stream, store."""
