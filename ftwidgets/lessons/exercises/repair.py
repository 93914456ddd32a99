"""The exercises of lesson 02: change one fact and train again, repair a second messy table, write rows of your own.

The expected rows of the second are stored as digests, so this file does not give the answer away.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from typing import TYPE_CHECKING

from ftwidgets.data.check import check
from ftwidgets.data.text import normalize, pluralize, quote
from ftwidgets.lessons.exercises.answers import Rows, file_content, parse_rows
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched
from ftwidgets.lessons.exercises.own_job import not_succeeded, own_job

if TYPE_CHECKING:
    import openai

    from ftwidgets.jobs.job import Job

QUESTION, OLD_PRICE, NEW_PRICE = "How much is a bike a day?", "25", "27"  # of the first exercise
MIN_OWN = 12  # rows of the third

_PERSONAL = {"email-address", "phone-number", "secret", "card-number"}
_TOO_FEW = {"too-few-rows"}  # their number is judged here
_REPEATED = {"duplicate-row", "same-but-blanks", "near-duplicate", "different-answers", "different-answers-near"}

# Digest of each expected row, and the line of notebooks/data/second_mess.csv on which it begins.
_EXPECTED: dict[str, int] = {
    "8adac25b76ca": 2,
    "35c61ed0997e": 3,
    "27237b435341": 6,
    "02b178894948": 7,
    "b8500cbc0b59": 8,
    "9888a243968f": 10,
    "f2770459961e": 12,
    "511d57f459aa": 13,
    "e004334e9447": 16,
    "db1dc146d4a9": 18,
    "55d05b12306d": 19,
    "665f928e5e60": 20,
}


def price_changed(client: openai.OpenAI, lesson: Job, job_id: object) -> Outcome:
    """Check that one row of the lesson's training file was changed, and that the new model says what the row says.

    Parameters
    ----------
    client
        The client of the lesson.
    lesson
        The lesson's own job on the repaired rows.
    job_id
        The learner's job, or its id.
    """
    if untouched(job_id):
        return not_attempted("Change the row, train on all rows, and put your job in the place of the ...")
    mine = own_job(client, job_id)
    if isinstance(mine, Outcome):
        return mine
    if mine.id == lesson.id:
        return not_yet("That is the lesson's own job. Change the row and launch another one.")
    system, after = _read_chats(file_content(client, mine.training_file))
    _, before = _read_chats(file_content(client, lesson.details.training_file))
    if problem := _compare(dict(before), after):
        return not_yet(problem)
    if outcome := not_succeeded(mine):
        return outcome
    turns = [{"role": "system", "content": system}] if system else []
    turns.append({"role": "user", "content": QUESTION})
    chosen = client.chat.completions.create(model=str(mine.fine_tuned_model), messages=turns, temperature=0)  # type: ignore[arg-type]
    said = chosen.choices[0].message.content or ""
    if NEW_PRICE not in said:
        return not_yet(f"The file is right, but the model says {quote(said)}. Train it with the settings of the lesson.")
    return right(f"Asked for the price, your model says {quote(said)}. One row changed, and so did the model.")


def _compare(before: dict[str, str], after: Rows) -> str:
    """Return what is wrong with the changed rows, or an empty text."""
    answers = [answer for question, answer in after if normalize(question) == normalize(QUESTION)]
    if len(answers) > 1:
        return f"The file has {len(answers)} answers to {quote(QUESTION)}. The model can't know which of them you mean."
    if not answers:
        return f"The row {quote(QUESTION)} is not in the file of that job."
    if answers[0] == before.get(QUESTION):
        return f"In the file of that job, the answer to {quote(QUESTION)} is still the old one."
    if OLD_PRICE in answers[0] or NEW_PRICE not in answers[0]:
        return f"The answer to {quote(QUESTION)} is now {quote(answers[0])}. Does it give today's price, and only that?"
    if lost := [question for question in before if question not in dict(after)]:
        return f"{pluralize(len(lost), 'row')} of the lesson's file are missing, such as {quote(lost[0])}. Train on all rows."
    if changed := [question for question, answer in after if question != QUESTION and before.get(question) != answer]:
        return f"More than one row differs: look at {quote(changed[0])}. Change one thing only."
    return ""


def _read_chats(content: bytes | None) -> tuple[str, Rows]:
    """Return the system prompt of a training file, and its questions and answers."""
    chats = [json.loads(line)["messages"] for line in (content or b"").decode().splitlines() if line.strip()]
    turns = [{turn["role"]: str(turn["content"]) for turn in chat} for chat in chats]
    system = turns[0].get("system", "") if turns else ""
    return system, [(turn.get("user", ""), turn.get("assistant", "")) for turn in turns]


def table_repaired(answer: object) -> Outcome:
    """Check the repaired table of lesson 02.

    Parameters
    ----------
    answer
        The DataFrame with the columns Prompt and Completion, or the path of the JSONL file written from it.

    Returns
    -------
    Outcome
        `right` if it has exactly the rows that can be recovered from the file; the order, the index, other columns,
        whitespace and the case of a prompt do not matter.
    """
    if untouched(answer):
        return not_attempted()
    rows = parse_rows(answer)
    if isinstance(rows, str):
        return not_yet(rows)
    if problem := _check_rows(rows):
        return problem
    found = {_digest(*row): row for row in rows}
    unexpected = [row for digest, row in found.items() if digest not in _EXPECTED]
    lines = sorted(line for digest, line in _EXPECTED.items() if digest not in found)
    n_right = f"You have {len(rows) - len(unexpected)} of {pluralize(len(rows), 'row')} right."
    if unexpected:  # the hint says where to look, not what is missing
        where = f" Look at line {lines[0]} of the file." if lines else ""
        return not_yet(f"{n_right} This one differs from the file: {quote(unexpected[0][0])}.{where}")
    if lines:
        lost = f"Still missing: {pluralize(len(lines), 'row')} of the file that can be used or repaired"
        return not_yet(f"{n_right} {lost}. Look at line {lines[0]}.")
    return right("Every usable row of the file is there, once, with its newest answer.")


def _check_rows(rows: Rows) -> Outcome | None:
    """Check the rows by themselves: empty, duplicate or contradicting ones."""
    if not rows:
        return not_yet("The table is empty.")
    for prompt, completion in rows:
        if not prompt.strip() and not completion.strip():
            return not_yet("There is still an empty row.")
        if not completion.strip():
            return not_yet(f"The row {quote(prompt)} has no answer: nothing can be learned from it.")
        if any(text.strip()[:1] == '"' for text in (prompt, completion)):
            text = f"In the row {quote(prompt)} quotes of the file became part of the text."
            return not_yet(f"{text} Look for a blank before a quote.")
    digests = Counter(_digest(*row) for row in rows)
    if duplicates := [prompt for prompt, completion in rows if digests[_digest(prompt, completion)] > 1]:
        return not_yet(f"The row {quote(duplicates[0])} occurs more than once, with the same answer.")
    prompts = Counter(normalize(prompt) for prompt, _ in rows)
    if contradicted := [prompt for prompt, _ in rows if prompts[normalize(prompt)] > 1]:
        return not_yet(f"The table still has two answers to {quote(contradicted[0])}. Which of them is the newer one?")
    return None


def own_rows(lesson_rows: object, answer: object) -> Outcome:
    """Check a training table of the learner's own: enough rows, no faults, nothing personal, and none of the lesson's.

    Parameters
    ----------
    lesson_rows
        The repaired table of the lesson.
    answer
        A DataFrame with the columns Prompt and Completion, or the path of a file that `ftwidgets.check` reads.
    """
    if untouched(answer):
        return not_attempted()
    if not isinstance(answer, str | os.PathLike) and not hasattr(answer, "columns"):
        return not_yet(f"The answer is a {type(answer).__name__}; a DataFrame or the path of a file is needed.")
    report = check(answer)  # type: ignore[arg-type]
    found = [
        finding
        for finding in report.findings
        if finding.id in _PERSONAL | _REPEATED or (finding.level == "error" and finding.id not in _TOO_FEW)
    ]
    if personal := [finding for finding in found if finding.id in _PERSONAL]:
        return not_yet(f"Something personal is left. {personal[0]}")
    if found:
        return not_yet(f"The check finds a fault. {found[0]}")
    rows = [_read_chats(json.dumps(example).encode())[1][0] for example in report.examples]
    known = parse_rows(lesson_rows)
    taken = {normalize(question) for question, _ in ([] if isinstance(known, str) else known)}
    borrowed = [
        question for question, answered in rows if normalize(question) in taken or _digest(question, answered) in _EXPECTED
    ]
    if borrowed:
        return not_yet(f"{quote(borrowed[0])} is a row of this lesson. Write your own.")
    if len(rows) < MIN_OWN:
        return not_yet(f"Your table has {pluralize(len(rows), 'usable row')}; the exercise asks for {MIN_OWN}.")
    return right(f"{pluralize(len(rows), 'row')} of your own, ready to train on. Keep them for lesson 03.")


def _digest(prompt: str, completion: str) -> str:
    """Hash a row, ignoring its whitespace and the case of its prompt."""
    text = "".join(normalize(prompt).split()) + "\0" + "".join(completion.split())
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]


EXERCISES = (
    Exercise(
        "Change one fact and train again",
        price_changed,
        hints=(
            "`my_rows.loc[my_rows['Prompt'] == ..., 'Completion'] = ...` changes the answer of one row, as in section 6.",
            "Change the row, don't add one. Then `train(my_rows, 'new-price').wait()` returns the job once it has ended.",
        ),
        solution="""
my_rows = repaired.copy()
my_rows.loc[my_rows["Prompt"] == "How much is a bike a day?", "Completion"] = "Renting costs 27 euros a day."
my_job = train(my_rows, "new-price").wait()
print(ask(my_job.model, "How much is a bike a day?"))
lesson.check(1, client, jobs["rewritten"], my_job)
""",
    ),
    Exercise(
        "Repair a second table",
        table_repaired,
        hints=(
            "Follow section 5 step by step. Print `cells` inside `glue`: where is the extra comma of each row?",
            "In one of the two rows, the extra comma is not in the answer. Drop rows without an answer, then keep the last row "
            "of each question, in upper or lower case.",
        ),
        solution="""
def glue_two(cells):
    if cells[0] == "My plan changed":  # here the comma belongs to the question
        return [", ".join(cells[:2]), cells[2]]
    return [cells[0], ", ".join(cells[1:])]

my_table = pd.read_csv("data/second_mess.csv", on_bad_lines=glue_two, **options).fillna("")
my_table = my_table.apply(lambda column: column.str.strip())
my_table = my_table[my_table["Completion"] != ""]
my_table = my_table[~my_table["Prompt"].str.casefold().duplicated(keep="last")]
lesson.check(2, my_table)
""",
    ),
    Exercise(
        "Write a table of your own",
        own_rows,
        hints=(
            "A list of pairs is quickly typed: `pd.DataFrame([(question, answer), ...], columns=['Prompt', 'Completion'])`.",
            "Run `ftwidgets.check(my_own)`: an error, a repeated question or a personal detail has to go first.",
        ),
        solution="""
pairs = [
    ("When does the choir sing?", "On Thursdays from eight to ten."),
    ("Where do you rehearse?", "In the old school, on the first floor."),
    ("Must I read music?", "No, we learn each part by ear."),
    ("Which voices are missing?", "We always look for tenors."),
    ("What do you sing?", "Folk songs, and one mass a year."),
    ("Is there a fee?", "Ten euros a month, half of it for students."),
    ("Can I come and listen?", "Yes, the first two evenings cost nothing."),
    ("Do you travel?", "Once a year we visit a partner choir."),
    ("How many of you are there?", "About forty, of all ages."),
    ("Who conducts?", "A teacher of music, for nine years now."),
    ("When is the next concert?", "In the church, on the last Sunday of Advent."),
    ("What should I wear?", "Black, with something red."),
]
my_own = pd.DataFrame(pairs, columns=["Prompt", "Completion"])
lesson.check(3, repaired, my_own)
""",
    ),
)
