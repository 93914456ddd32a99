"""`ftwidgets jobs`: list the jobs of the sandbox, show or follow one, cancel it, or resume it where it stopped.

Exit codes: 0; 1 the job failed, or cannot be followed, cancelled or resumed; 2 there is no such job, or the command was
mistyped; 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.arguments import UsageError, positive_int
from ftwidgets.cli.client import home_option, open_sandbox, refusal
from ftwidgets.cli.job_summary import facts, job_table, show_job, status_of
from ftwidgets.cli.layout import print_json, stdout_for_json
from ftwidgets.cli.scores import MOST_SCORED, show_next, show_outcome
from ftwidgets.cli.training import is_waiting, train, watch
from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs import Job
from ftwidgets.paths import expand_home
from ftwidgets.providers import TERMINAL_STATUSES

if TYPE_CHECKING:
    import openai

    from ftwidgets.sandbox import Sandbox

ACTIONS = ("list", "show", "follow", "cancel", "resume")
MOST_LISTED = 20

_EPILOG = (
    "list: all jobs, the newest first; show: one job with its losses; follow: watch it until it ends; cancel: end it; "
    "resume: continue one that was paused or interrupted. The beginning of an ID is enough where no other job has it."
)


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("jobs", help="list, show, follow, cancel or resume fine-tuning jobs", epilog=_EPILOG)
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="what to do (default: list)")
    parser.add_argument("id", nargs="?", metavar="ID", help="of the job; not for list")
    parser.add_argument(
        "--limit", type=positive_int, metavar="N", default=MOST_LISTED, help=f"list: at most N jobs (default: {MOST_LISTED})"
    )
    parser.add_argument("--home", type=expand_home, metavar="DIR", help="the folder with the sandbox's state")
    parser.add_argument("--json", action="store_true", help="print one JSON document, and nothing else")


def run(options: argparse.Namespace) -> int:
    """Do what was asked, print it or one JSON document, and return the exit code."""
    if options.action == "list" and options.id is not None:
        raise UsageError(f"`list` takes no job. To see one, type: ftwidgets jobs show {options.id}")
    if options.action != "list" and options.id is None:
        raise UsageError(f"name a job: ftwidgets jobs {options.action} ID. `ftwidgets jobs` lists them.")
    with stdout_for_json(options.json):
        document = _resume(options) if options.action == "resume" else _without_training(options)
    if options.json:
        print_json(document)
    return 0


def _without_training(options: argparse.Namespace) -> object:
    """List, show, follow or cancel; this process trains nothing meanwhile, whatever is waiting."""
    with open_sandbox(options.home, train=False) as sandbox, sandbox.client() as client:
        if options.action == "list":
            return _list(sandbox, client, options.limit)
        job = Job(client, find_job(client, options.id))
        if options.action == "follow":
            _follow(sandbox, job, options.home)
        elif options.action == "cancel":
            if job.status in TERMINAL_STATUSES:
                raise FtwidgetsError(f"job {job.id} is {job.status} already, so there is nothing to cancel.")
            print(f"{job.id}: {job.cancel().status}")
        else:
            show_job(sandbox, client, job, options.home)
        return facts(sandbox, client, job.details)


def find_job(client: openai.OpenAI, text: str) -> str:
    """Return the id of the job that is named by its id or the beginning of it, with or without `ftjob-`."""
    import openai

    ids = [job.id for job in client.fine_tuning.jobs.list(limit=100)]
    found = [id_ for id_ in ids if id_.startswith(text) or id_.removeprefix("ftjob-").startswith(text)]
    if len(found) == 1 or text in found:
        return text if text in found else found[0]
    if found:
        raise UsageError(f"{len(found)} jobs begin with {text}: {', '.join(found[:5])}. Type more of the id.")
    try:
        return client.fine_tuning.jobs.retrieve(text).id
    except (openai.NotFoundError, ValueError) as error:  # ValueError: an empty id
        message = refusal(error) if isinstance(error, openai.APIError) else str(error)
        raise UsageError(f"{message}. `ftwidgets jobs` lists the jobs.") from error


def _list(sandbox: Sandbox, client: openai.OpenAI, limit: int) -> list[dict[str, Any]]:
    page = client.fine_tuning.jobs.list(limit=limit)
    found = [facts(sandbox, client, job) for job in page.data]
    if found:
        print(job_table(found, narrow=sys.stdout.isatty()))
    else:
        print(f"There are no jobs in {sandbox.store.home}. To start one, type: ftwidgets tune FILE")
    if page.has_more:
        print(f"There are more: ftwidgets jobs --limit {10 * limit}")
    return found


def _follow(sandbox: Sandbox, job: Job, home: Path | None) -> None:
    """Watch a job that another process trains; stop where none does."""
    idle = 0

    def reject_idle() -> None:
        nonlocal idle
        status = status_of(sandbox, job.details)
        idle = 0 if status in ("running", "queued", "validating_files") else idle + 1
        if status == "paused" or idle > 1:  # a trainer that has ended one job takes a moment to begin the next
            resume = f"ftwidgets jobs resume {job.id}{home_option(home)}"
            raise FtwidgetsError(f"job {job.id} is {status}: no process trains it. To go on, type: {resume}")

    try:
        if is_waiting(job.status) or job.status == "paused":
            idle = 1
            reject_idle()
        watch(job, while_unfinished=reject_idle)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("The job goes on in the process that trains it.") from None
    print(f"{job.id} succeeded: {job.model}")


def _resume(options: argparse.Namespace) -> object:
    """Go on with a job in this process, and score it at its end."""
    with open_sandbox(options.home, train=False) as sandbox, sandbox.client() as client:
        job = client.fine_tuning.jobs.retrieve(find_job(client, options.id))
        status = status_of(sandbox, job)
        if status in TERMINAL_STATUSES:
            raise FtwidgetsError(f"job {job.id} is {status} already, so there is nothing to resume.")
        if status == "running":
            follow = f"ftwidgets jobs follow {job.id}{home_option(options.home)}"
            raise FtwidgetsError(f"another process is training job {job.id}. To watch it, type: {follow}")
    with open_sandbox(options.home) as sandbox, sandbox.client() as client:
        if status == "paused":
            client.fine_tuning.jobs.resume(job.id)
        resumed = Job(client, job.id)
        train(client, resumed, options.home)
        document = show_outcome(client, resumed, options.home, most_scored=MOST_SCORED)
        show_next(resumed, options.home)
        return document
