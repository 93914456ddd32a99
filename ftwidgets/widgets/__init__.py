"""The widgets: forms over plain `openai` and `ftwidgets` code, for a notebook."""
