"""Try models side by side: the widget and its parts."""

from ftwidgets.widgets.prompt.prompt_tester import PromptTester as PromptTester

__all__ = ["PromptTester"]
