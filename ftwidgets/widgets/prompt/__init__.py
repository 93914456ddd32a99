"""Try models side by side, and vote on them blind: the widgets and their parts."""

from ftwidgets.widgets.prompt.blind_vote import BlindVote as BlindVote
from ftwidgets.widgets.prompt.prompt_tester import PromptTester as PromptTester

__all__ = ["BlindVote", "PromptTester"]
