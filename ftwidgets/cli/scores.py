"""What a job has brought: its losses, the scores of base and tuned model on held-out rows, the worst answers, what is next."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.client import home_option
from ftwidgets.cli.layout import indent, labelled, step
from ftwidgets.cli.progress import Progress
from ftwidgets.cli.training import losses_by_epoch, show_losses
from ftwidgets.data.model_specs import tokenizer_name
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens import count_tokens
from ftwidgets.evaluation.evaluate import evaluate

if TYPE_CHECKING:
    import openai
    import pandas as pd

    from ftwidgets.evaluation.result import Evaluation
    from ftwidgets.jobs import Job

MOST_SCORED = 200  # held-out rows that both models answer, if the command does not say how many
MOST_WORST = 5
SHORTEST_LIMIT, LONGEST_LIMIT = 16, 512  # tokens of an answer

Examples = list[dict[str, Any]]


def show_outcome(client: openai.OpenAI, job: Job, home: Path | None, *, most_scored: int) -> dict[str, Any]:
    """Print the losses of a job that has succeeded, score it and print its worst answers; return it all for JSON."""
    model = job.model or ""
    with step("Read the curve"):
        show_losses(job)
    document = {"job": job.id, "base": job.details.model, "model": model, "epochs": list(losses_by_epoch(job))}
    rows = held_out_rows(client, job, most=most_scored)
    if not rows:
        print("\nNothing was held out, so there is no score.")
        return document
    try:
        with step(f"Score base and tuned model on {pluralize(len(rows), 'held-out row')}"):
            found = score(client, job, rows)
            show_scores(found)
    except KeyboardInterrupt:
        message = f"The model is trained; only the scores are missing. Type: ftwidgets chat {model}{home_option(home)}"
        raise KeyboardInterrupt(message) from None
    with step("Read the worst answers of the tuned model"):
        show_worst(found)
    worst = worst_answers(found).drop(columns="row").head(MOST_WORST).to_dict("records")
    return {**document, "scores": found.scores.to_dict("records"), "verdict": found.verdict(), "worst": worst}


def held_out_rows(client: openai.OpenAI, job: Job, *, most: int, seed: int = 0) -> Examples:
    """Return the rows of a job's validation file, at most so many, drawn at random; none if the job has no such file."""
    if job.details.validation_file is None:
        return []
    lines = client.files.content(job.details.validation_file).text.splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return rows if len(rows) <= most else random.Random(seed).sample(rows, most)


def score(client: openai.OpenAI, job: Job, rows: Examples, *, progress: bool = True) -> Evaluation:
    """Ask base and tuned model the held-out rows, with a progress bar if it may take a while."""
    bar = Progress()
    on_answer = bar.update if progress else None
    models = {"base": job.details.model, "tuned": job.model or ""}
    try:
        return evaluate(
            client, models, rows, max_tokens=answer_limit(rows, job.details.model), on_answer=on_answer, progress=False
        )
    finally:
        bar.done()


def answer_limit(rows: Examples, model: str) -> int:
    """Return how many tokens a model's answer may have: a little more than the longest reference."""
    answers = [{"messages": example["messages"][-1:]} for example in rows]
    longest = max(count_tokens(answers, tokenizer_name(model)))
    return min(LONGEST_LIMIT, max(SHORTEST_LIMIT, longest * 5 // 4))


def show_scores(found: Evaluation) -> None:
    """Print the scores with their intervals, and whether the tuned model is better; of labels one metric says it all."""
    print(indent(found.shown.to_string(index=False)))
    confused = found.confusion("tuned")
    for metric in found.by_row if confused.empty else (found.metric,):
        print(indent(f"By {metric}, {replace(found, metric=metric).verdict()}."))
    if not confused.empty:
        print(indent("\nThe labels that were expected (rows), and what the tuned model answered (columns):"))
        print(indent(confused.rename_axis(index="expected", columns=None).to_string()))


def show_worst(found: Evaluation) -> None:
    """Print the worst answers of the tuned model beside what was expected, of every kind one before a second of any."""
    import pandas as pd

    wrong = worst_answers(found)
    if wrong.empty:
        print(indent(f"All {pluralize(len(found.answers), 'answer')} are right, word for word."))
        return
    print(indent(f"{len(wrong)} of {pluralize(len(found.answers), 'answer')} differ from what was expected."))
    repeated = wrong.duplicated(["reference", "answer"])
    chosen = pd.concat([wrong[~repeated], wrong[repeated]]).head(MOST_WORST)
    for _, row in chosen.iterrows():
        print()
        for label, column in (("asked", "prompt"), ("expected", "reference"), ("got", "answer")):
            print(labelled(label, row[column]))


def worst_answers(found: Evaluation) -> pd.DataFrame:
    """Return the answers of the tuned model that are not right word for word, the worst first."""
    worst = found.worst("tuned")
    return worst[worst["score"] < 1]


def show_next(job: Job, home: Path | None) -> None:
    """Print what to type next: to talk to the tuned model, in the terminal and in Python."""
    place = "" if home is None else f'home="{home}"'
    print("\nNext, type:")
    print(f"   ftwidgets chat {job.model}{home_option(home)}")
    print(f"   ftwidgets chat {job.model} --with {job.details.model}{home_option(home)}")
    print("or in Python:")
    print(f"   client = ftwidgets.connect({place})")
    print('   question = {"role": "user", "content": "..."}')
    print(f'   client.chat.completions.create(model="{job.model}", messages=[question])')
