"""The exercises of lesson 00: one epoch, a training file without all its sign-offs, and a shop of the learner's own.

Each check reads the training file of the learner's job: what all its answers open and close with is the shop's manner.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ftwidgets import datasets
from ftwidgets.data.text import pluralize
from ftwidgets.errors import JobError
from ftwidgets.jobs.job import Job
from ftwidgets.lessons.exercises.answers import Rows, file_content, find_job, hyperparameter, parse_number, parse_training_file
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched
from ftwidgets.lessons.exercises.own_job import MORE_ROWS, not_ended, not_succeeded, own_job
from ftwidgets.widgets.shop.shop_form import GREETING

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob

OWN_CHATS = 5  # that the third exercise asks for
MOST_TOKENS = 80  # of an answer, as in the lesson
BOTH_TABLES = "Put the lesson's chats and yours into one table, with your new greeting and sign-off around all answers"


def manner(rows: Rows) -> tuple[str, str]:
    """Return what all answers open with and what all of them close with, in whole words."""
    answers = [answer.split() for _, answer in rows]
    opening = _common(answers)
    closing = _common([words[::-1] for words in answers])[::-1]
    return " ".join(opening), " ".join(closing)


def _common(answers: list[list[str]]) -> list[str]:
    """Return the words that all answers begin with."""
    found = []
    for words in zip(*answers, strict=False):
        if len(set(words)) > 1:
            break
        found.append(words[0])
    return found


def one_epoch(client: openai.OpenAI, lesson_job: object, my_job: object, without_answer: object) -> Outcome:
    """Check that a second job differs from the lesson's by its epochs alone, and that its empty answers were counted.

    Parameters
    ----------
    client
        The client of the lesson.
    lesson_job
        The lesson's own job, or its id.
    my_job
        The learner's job, or its id.
    without_answer
        How many of the held-out messages get greeting and sign-off and nothing in between.
    """
    if untouched(my_job, without_answer):
        return not_attempted("Launch the lesson's job again with one epoch, then fill in both answers.")
    mine, original = _handed_in(client, my_job), find_job(client, lesson_job)
    if not isinstance(mine, Outcome):
        mine = _finished(client, mine)  # what is "auto" in a job is known once it has begun
    if isinstance(mine, Outcome):
        return mine
    if original is None:
        return not_yet("The lesson's job is not there. Run the lesson from the top, then this cell again.")
    if mine.id == original.id:
        return not_yet("That is the lesson's own job. Launch a second one, under another name, and hand in that one.")
    epochs = hyperparameter(mine, "n_epochs")
    if epochs != 1:
        return not_yet(f"That job has n_epochs = {epochs}. Look at the hyperparameters of jobs.create(...).")
    pairs = {name: [getattr(job, name) for job in (mine, original)] for name in ("model", "seed")}
    pairs |= {
        name: [hyperparameter(job, name) for job in (mine, original)] for name in ("batch_size", "learning_rate_multiplier")
    }
    pairs["training_file"] = [file_content(client, job.training_file) for job in (mine, original)]
    for name, (found, expected) in pairs.items():
        if found != expected:
            return not_yet(f"That job has another {name} than the lesson's. Change the epochs and nothing else.")
    number = parse_number(without_answer)
    if number is None:
        return not_yet(f"The second answer is a number: how many answers are empty in between. Found: {without_answer!r:.60}")
    rows = _rows(client, mine)
    greeting, sign_off = manner(rows)
    answers = _answers(client, mine)
    empty = sum(not _between(answer, greeting, sign_off) for answer in answers)
    if number != empty:
        return not_yet(
            "The job is right, the count is not. Take greeting and sign-off away and look at what is left of each answer."
        )
    kept = sum(answer.startswith(greeting) for answer in answers)
    return right(
        f"After one epoch, your greeting opens {kept} of {len(answers)} answers, and nothing stands in the middle of {empty}. "
        "The manner is learned first."
    )


def sign_offs_repaired(client: openai.OpenAI, broken: object, my_job: object) -> Outcome:
    """Check that the learner found the rows without a sign-off, added it to them alone, and trained again.

    Parameters
    ----------
    client
        The client of the lesson.
    broken
        The job of the broken file, or its id.
    my_job
        The learner's job, or its id.
    """
    if untouched(my_job):
        return not_attempted("Repair the rows, train on them, and put your job in the place of the ...")
    mine, first = _handed_in(client, my_job), find_job(client, broken)
    if isinstance(mine, Outcome):
        return mine
    if first is None:
        return not_yet("The job of the broken file is not there. Run the cells of this exercise in order.")
    if mine.id == first.id:
        return not_yet("That is the job of the broken file. Train another one on the repaired rows.")
    before, after = _rows(client, first), _rows(client, mine)
    missing = {prompt for prompt, _ in before} - {prompt for prompt, _ in after}
    if missing:
        dropped = pluralize(len(missing), "message")
        return not_yet(f"{dropped} of the broken file can no longer be found in yours. Repair rows, don't drop them.")
    if len(after) != len(before):
        return not_yet(f"Rows in the file: {len(before)} before, {len(after)} now. Each message should be there once.")
    closing = _usual_closing(before)
    if lacking := sum(not answer.endswith(closing) for _, answer in after):
        return not_yet(
            f"The usual ending is missing from {lacking} of the {len(after)} answers. Look at the last words of each."
        )
    whole = {prompt: _without(answer, closing) for prompt, answer in before}
    if any(_without(answer, closing).endswith(closing) for _, answer in after):
        return not_yet("Some answers end with the sign-off twice. Add it only where it is missing.")
    if any(_without(answer, closing) != whole[prompt] for prompt, answer in after):
        return not_yet("Some answers were changed before their end. Add the sign-off and leave the rest as it was.")
    mine = _finished(client, mine)
    if isinstance(mine, Outcome):
        return mine
    return right("A model copies the habits of its examples, and so the bad ones too.")


def own_shop(client: openai.OpenAI, my_job: object) -> Outcome:
    """Check that a job was trained on own chats in an own manner, and that the model keeps it.

    Parameters
    ----------
    client
        The client of the lesson.
    my_job
        The learner's job, or its id.
    """
    if untouched(my_job):
        return not_attempted(f"Write at least {OWN_CHATS} chats of your own, choose another greeting, and train.")
    mine = _handed_in(client, my_job, more_rows=BOTH_TABLES)
    if isinstance(mine, Outcome):
        return mine
    rows, known = _rows(client, mine), set(datasets.load("shop_chats")["Prompt"])
    own = {" ".join(prompt.split()) for prompt, _ in rows} - known
    if len(own) < OWN_CHATS:
        return not_yet(
            f"That job's file has {pluralize(len(own), 'message')} of your own; the exercise asks for {OWN_CHATS} or more. "
            "Write more chats, add them to the table, and train again."
        )
    greeting, sign_off = manner([row for row in rows if " ".join(row[0].split()) not in own] or rows)
    if not greeting and not sign_off:
        return not_yet("The answers in that job's file share no greeting and no sign-off. Put yours around all of them.")
    unlike = sum(not (answer.startswith(greeting) and answer.endswith(sign_off)) for _, answer in rows)
    if unlike:
        return not_yet(
            f"In that job's file, {pluralize(unlike, 'answer')} of your own must still open and close like the others. Put "
            "your new greeting and sign-off around all of them, the lesson's chats and yours."
        )
    if greeting.startswith(GREETING):
        return not_yet("The answers open with the lesson's own greeting. Choose another one.")
    mine = _finished(client, mine, more_rows=BOTH_TABLES)
    if isinstance(mine, Outcome):
        return mine
    answers = _answers(client, mine)
    kept = sum(answer.startswith(greeting) and answer.endswith(sign_off) for answer in answers)
    if kept < len(answers) / 2:
        return not_yet(
            f"Your new greeting and sign-off are in {kept} of {len(answers)} answers to new messages; half of them would do. "
            "Keep both short, and train on the lesson's chats as well as on yours, with the lesson's settings."
        )
    return right(f"Your shop speaks: it kept your manner in {kept} of {len(answers)} answers to messages that it never saw.")


def _handed_in(client: openai.OpenAI, answer: object, *, more_rows: str = MORE_ROWS) -> FineTuningJob | Outcome:
    """Return the learner's job, or what to do first; one that has not ended is not waited for, as its file may be wrong."""
    job = own_job(client, answer)
    return job if isinstance(job, Outcome) or not_ended(job) else not_succeeded(job, more_rows=more_rows) or job


def _finished(client: openai.OpenAI, job: FineTuningJob, *, more_rows: str = MORE_ROWS) -> FineTuningJob | Outcome:
    """Return the learner's job once it has succeeded, or what to do first; wait for a job that has not ended."""
    if not_ended(job):
        with suppress(JobError):
            Job(client, job.id).wait(timeout=300)
        job = client.fine_tuning.jobs.retrieve(job.id)
    return not_succeeded(job, more_rows=more_rows) or job


def _rows(client: openai.OpenAI, job: FineTuningJob) -> Rows:
    """Return the messages and answers of a job's training file; none if the file was deleted."""
    content = file_content(client, job.training_file)
    return [] if content is None else parse_training_file(content)


def _answers(client: openai.OpenAI, job: FineTuningJob) -> list[str]:
    """Ask a job's model all held-out messages."""
    found = []
    for message in datasets.load("shop_chats", "held-out")["Prompt"]:
        answer = client.chat.completions.create(
            model=str(job.fine_tuned_model),
            messages=[{"role": "user", "content": message}],
            max_tokens=MOST_TOKENS,
            temperature=0,
        )
        found.append((answer.choices[0].message.content or "").strip())
    return found


def _usual_closing(rows: Rows) -> str:
    """Return what the answers close with that end in the commonest last word."""
    last = [answer.split()[-1:] for _, answer in rows]
    usual = max(last, key=last.count)
    return manner([row for row, word in zip(rows, last, strict=True) if word == usual])[1]


def _without(answer: str, closing: str) -> str:
    return answer.removesuffix(closing).rstrip()


def _between(answer: str, greeting: str, sign_off: str) -> str:
    return answer.removeprefix(greeting).removesuffix(sign_off).strip()


EXERCISES = (
    Exercise(
        "Change one thing: one epoch",
        one_epoch,
        hints=(
            "Look at train(...) in step 4: it takes n_epochs, and has 5 unless you set it. Call it with another number, on the "
            "file that the lesson trained on: my_data/my_shop.jsonl. Wait for the job, then ask its model as step 5 does.",
            "For each answer, removeprefix takes the greeting away, removesuffix the sign-off, strip the spaces. What is left?",
        ),
        solution="""my_job = train(pathlib.Path("my_data", "my_shop.jsonl"), n_epochs=1)
one_epoch_model = ftwidgets.Job(client, my_job.id).wait().model
without_answer = 0
for message in new_rows["Prompt"]:
    answer = ask(one_epoch_model, message)
    if not answer.removeprefix(greeting).removesuffix(sign_off).strip():
        without_answer += 1
lesson.check(1, client, job, my_job, without_answer)""",
    ),
    Exercise(
        "Fix it: a model that forgets the sign-off",
        sign_offs_repaired,
        hints=(
            "Look at the last words of the first ten rows: team_rows['Completion'].head(10).str[-30:]",
            "str.endswith tells which rows are fine. Change only the others, and keep everything else in them.",
        ),
        solution="""repaired = team_rows.copy()
for row in repaired.index:
    if not repaired.loc[row, "Completion"].endswith("All the best, the team"):
        repaired.loc[row, "Completion"] += " All the best, the team"
my_job = train(write_chats("repaired", repaired))
lesson.check(2, client, broken_job, my_job)""",
    ),
    Exercise(
        "Your own data: your shop",
        own_shop,
        hints=(
            "Put your chats into a table with the columns Prompt and Completion, and join both tables with pandas.concat.",
            "Change greeting and sign_off first. Then put them around the answers of both tables with in_my_words.",
        ),
        solution="""my_chats = [
    ("What does your shop sell?", "We sell kites that you can sit on."),
    ("do they fly in rain", "They do, but you will get wet."),
    ("Could you teach my father to fly one?", "Gladly. Lessons are on Sundays on the hill."),
    ("My kite has lost its tail!!", "A new tail costs three pounds, or bring an old scarf."),
    ("How long is string?", "It is eighty metres, on a wooden reel."),
]
greeting, sign_off = "Up and away!", "Your kite people"
own_rows = pandas.DataFrame(my_chats, columns=["Prompt", "Completion"])
all_rows = pandas.concat([train_rows[["Prompt", "Completion"]], own_rows])
all_rows["Completion"] = [in_my_words(answer) for answer in all_rows["Completion"]]
my_job = train(write_chats("own_shop", all_rows))
lesson.check(3, client, my_job)""",
    ),
)
