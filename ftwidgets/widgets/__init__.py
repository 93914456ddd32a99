"""The widgets: forms over plain `openai` and `ftwidgets` code, for a notebook."""

from ftwidgets.widgets.evaluation import Evaluation as Evaluation
from ftwidgets.widgets.key import ApiKey as ApiKey
from ftwidgets.widgets.launch import JobLauncher as JobLauncher
from ftwidgets.widgets.monitor import JobMonitor as JobMonitor
from ftwidgets.widgets.prep import DatasetPrep as DatasetPrep
from ftwidgets.widgets.prompt import BlindVote as BlindVote
from ftwidgets.widgets.prompt import PromptTester as PromptTester

__all__ = ["ApiKey", "BlindVote", "DatasetPrep", "Evaluation", "JobLauncher", "JobMonitor", "PromptTester"]
