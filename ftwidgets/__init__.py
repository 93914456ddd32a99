"""Fine-tune a real language model with the openai client: in this process, without a key, a GPU or a bill."""

from ftwidgets import datasets as datasets
from ftwidgets.connect import connect as connect
from ftwidgets.connect import connect_async as connect_async
from ftwidgets.connect import faults as faults
from ftwidgets.doctor import doctor as doctor
from ftwidgets.errors import FtwidgetsError as FtwidgetsError
from ftwidgets.evaluate import evaluate as evaluate
from ftwidgets.evaluation import Evaluation as Evaluation
from ftwidgets.jobs import Job as Job
from ftwidgets.jobs import launch as launch
from ftwidgets.jobs import upload as upload
from ftwidgets.prep import check as check
from ftwidgets.prep import prepare as prepare
from ftwidgets.prep import write_jsonl as write_jsonl

__version__ = "0.1.0"

__all__ = [
    "Evaluation",
    "FtwidgetsError",
    "Job",
    "check",
    "connect",
    "connect_async",
    "datasets",
    "doctor",
    "evaluate",
    "faults",
    "launch",
    "prepare",
    "upload",
    "write_jsonl",
]
