from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ftwidgets import Job, datasets, launch, write_jsonl
from ftwidgets.clients import connect
from ftwidgets.lessons import exercises
from ftwidgets.lessons.exercises import transfer

BASE, UNTRAINED = "nano-2026-11", "nano-untrained-2026-11"


def chats(split: str, per_topic: int) -> list[dict[str, Any]]:
    table = datasets.load("support_faq", split)
    rows = table[table["Topic"].isin(table["Topic"].unique()[:4])].groupby("Topic").head(per_topic)
    return [
        {"messages": [{"role": "user", "content": row.Prompt}, {"role": "assistant", "content": row.Completion}]}
        for row in rows.itertuples()
    ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A client, a job from each start, and some that do not compare: other epochs, another seed, nobody validated."""
    folder: Path = tmp_path_factory.mktemp("transfer")
    client = connect(home=folder / "home")
    train, held = write_jsonl(chats("train", 8), folder / "t.jsonl"), write_jsonl(chats("held-out", 2), folder / "v.jsonl")
    files = [client.files.create(file=path, purpose="fine-tune").id for path in (train, held)]

    def job(model: str, epochs: int = 1, seed: int = 1, validation_file: str | None = files[1]) -> Job:
        settings = {"n_epochs": epochs, "batch_size": 4, "seed": seed, "validation_file": validation_file}
        return launch(client, files[0], model=model, learning_rate_multiplier=1, **settings).wait(120)

    jobs = {
        "pretrained": job(BASE, epochs=6),
        "untrained": job(UNTRAINED, epochs=6),
        "one_epoch": job(UNTRAINED),
        "other_seed": job(UNTRAINED, seed=2),
        "blind": job(BASE, validation_file=None),
        "blind_untrained": job(UNTRAINED, validation_file=None),
    }
    curve, other = jobs["pretrained"].curve, jobs["untrained"].curve
    target, last = other["full_valid_loss"].dropna().iloc[-1], int(other["step"].iloc[-1])
    step = int(curve.loc[curve["valid_loss"] <= target, "step"].iloc[0])
    return SimpleNamespace(client=client, ids={name: job.id for name, job in jobs.items()}, step=step, last=last)


def outcome(world: SimpleNamespace, answer: object, *jobs: str) -> exercises.Outcome:
    names = jobs or ("pretrained", "untrained")
    return transfer.step_saving(world.client, *(world.ids.get(name, name) for name in names), answer)


def test_solution_is_right(world: SimpleNamespace) -> None:
    """The factor as the curves give it, also rounded; it is a real saving."""
    factor = world.last / world.step
    assert factor > 2
    assert outcome(world, factor).state == "right"
    assert outcome(world, round(factor * 1.02, 1)).state == "right"
    assert outcome(world, f"{factor:.3f}").state == "right"
    jobs = [Job(world.client, world.ids[name]) for name in ("pretrained", "untrained")]
    assert transfer.step_saving(world.client, *jobs, factor).state == "right"


def test_untouched_is_not_attempted(world: SimpleNamespace) -> None:
    """The cell as it comes says that nothing was tried."""
    assert outcome(world, ...).state == "not attempted"


def test_wrong_answers_say_where_to_look(world: SimpleNamespace) -> None:
    """Each plausible mistake has its own sentence, and none of them holds the factor, nor the step it comes from."""
    factor = world.last / world.step
    curves = [Job(world.client, world.ids[name]).curve["full_valid_loss"].dropna() for name in ("pretrained", "untrained")]
    first_end = int(curves[0].index[0]) + 1  # the steps are 1, 2, 3, ...
    assert curves[0].iloc[0] <= curves[1].iloc[-1]
    wrong = {
        "other way round": world.step / world.last,
        "the step itself": world.step,
        "a ratio": world.last,
        "valid_loss": world.last / first_end,
        "one loss divided": float(curves[1].iloc[-1] / curves[0].iloc[-1]),
        "above 0": -3,
        "does not fit the curves": factor * 7.3,
    }
    found = {name: outcome(world, answer) for name, answer in wrong.items()}
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert [name for name, outcome in found.items() if name not in outcome.message] == []
    assert all(f"{factor:.1f}" not in outcome.message for outcome in found.values())


@pytest.mark.parametrize("answer", ["six", None, True, float("nan"), [6.0], float("inf"), 10**400], ids=str)
def test_nonsense_is_answered_in_words(world: SimpleNamespace, answer: object) -> None:
    """What is no number is not yet right, and no traceback."""
    found = outcome(world, answer)
    assert found.state == "not yet"
    assert "is a number" in found.message


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        (("pretrained", "pretrained"), "Both jobs started from"),
        (("pretrained", "other_seed"), "the same seed"),
        (("pretrained", "one_epoch"), "the same n_epochs"),
        (("pretrained", "ftjob-nothing"), "no job"),
        (("untrained", "pretrained"), "never reached"),
        (("blind", "blind_untrained"), "no validation losses"),
    ],
)
def test_jobs_that_do_not_compare_are_told(world: SimpleNamespace, jobs: tuple[str, str], said: str) -> None:
    """The check reads real jobs, and says what is wrong with them."""
    found = outcome(world, 6.0, *jobs)
    assert found.state == "not yet"
    assert said in found.message


@pytest.fixture(scope="module")
def faster(world: SimpleNamespace) -> Job:
    """The untrained job once more, at another rate."""
    job = world.client.fine_tuning.jobs.retrieve(world.ids["untrained"])
    settings = {"n_epochs": 6, "batch_size": 4, "seed": 1, "validation_file": job.validation_file}
    return launch(world.client, job.training_file, model=UNTRAINED, learning_rate_multiplier=4, **settings).wait(120)


def test_another_rate(world: SimpleNamespace, faster: Job) -> None:
    """Which way the loss went is read from the curves; each mistake has its own sentence."""
    ends = [Job(world.client, name).curve["full_valid_loss"].dropna().iloc[-1] for name in (world.ids["untrained"], faster.id)]
    verdict, other = ("lower", "higher") if ends[1] < ends[0] else ("higher", "lower")
    before = world.ids["untrained"]
    assert transfer.other_rate(world.client, before, faster, verdict).state == "right"
    assert transfer.other_rate(world.client, before, ..., ...).state == "not attempted"
    wrong = [
        transfer.other_rate(world.client, before, faster, other),
        transfer.other_rate(world.client, before, before, verdict),
        transfer.other_rate(world.client, before, world.ids["pretrained"], verdict),
        transfer.other_rate(world.client, before, world.ids["one_epoch"], verdict),
        transfer.other_rate(world.client, before, faster, "better"),
        transfer.other_rate(world.client, before, "no such job", verdict),
    ]
    assert {outcome.state for outcome in wrong} == {"not yet"}
    assert len({outcome.message for outcome in wrong}) == len(wrong)
    assert not any(verdict in outcome.message for outcome in wrong[:4])
    details = world.client.fine_tuning.jobs.retrieve(faster.id)
    stopped = launch(world.client, details.training_file, model=UNTRAINED).cancel()
    said = transfer.other_rate(world.client, before, stopped, verdict).message
    assert said == f"Your job {stopped.id} was cancelled, so there is no model to check. Launch it again and let it end."


SWEEP = pd.DataFrame(
    {"start": ["pretrained"] * 3 + ["random"] * 3, "rate": [1.0, 2.0, 4.0] * 2, "loss": [0.2, 0.1, 0.3, 2.0, 1.0, 0.5]}
)


def settings(pretrained: float = 2, random: float = 4, **others: int) -> dict[str, dict[str, float]]:
    same = {"n_epochs": 6, "seed": 1}
    return {
        "pretrained": same | {"learning_rate_multiplier": pretrained},
        "random": same | others | {"learning_rate_multiplier": random},
    }


def test_a_fair_comparison() -> None:
    """Everything the same but the rates, each the best of its sweep; each mistake has its own sentence."""
    assert transfer.fair_comparison(SWEEP, settings()).state == "right"
    assert transfer.fair_comparison(SWEEP, ...).state == "not attempted"
    assert transfer.fair_comparison(SWEEP, transfer.UNFAIR).state == "not attempted"
    wrong = [
        settings(random=2),
        settings(pretrained=1),
        settings(random=3),
        settings(n_epochs=3),
        settings(batch_size=8),
        {"pretrained": {}},
        {"pretrained": {}, "random": {}},
    ]
    for table in (np.arange(3), SWEEP, SWEEP["rate"]):
        assert "dictionary with the two starts" in transfer.fair_comparison(SWEEP, table).message
    said = [transfer.fair_comparison(SWEEP, answer) for answer in wrong]
    assert {outcome.state for outcome in said} == {"not yet"}
    assert len({outcome.message for outcome in said}) == len(wrong)


def test_the_saving_on_own_rows(world: SimpleNamespace, tmp_path: Path) -> None:
    """The lesson's rows are not the learner's own; too few are said."""
    factor = world.last / world.step
    ids = world.ids["pretrained"], world.ids["untrained"]
    assert transfer.own_saving(world.client, ..., ..., ...).state == "not attempted"
    assert transfer.own_saving(world.client, *ids, factor).state == "right"
    chats = [[{"role": "user", "content": f"Where, {n}?"}, {"role": "assistant", "content": "Shelf A"}] for n in range(12)]
    shelves = launch(world.client, write_jsonl([{"messages": chat} for chat in chats], tmp_path / "s.jsonl"), model=BASE)
    assert "lesson's rows" in transfer.own_saving(world.client, shelves.wait(120), ids[1], factor).message
    turns = [{"role": "user", "content": "Mine?"}, {"role": "assistant", "content": "Yes."}]
    file = write_jsonl([{"messages": turns}] * 12, tmp_path / "few.jsonl")
    few = launch(world.client, file, model=BASE, n_epochs=1).wait(120)
    assert "1 different prompt" in transfer.own_saving(world.client, few, ids[1], factor).message
    assert "no job" in transfer.own_saving(world.client, "nothing", ids[1], factor).message


def test_the_fair_solution_is_right_when_pasted() -> None:
    """As it is shown, into the lesson's cell."""
    handle = exercises.lesson("07")
    *lines, last = handle.exercises[1].solution.strip().splitlines()
    names: dict[str, Any] = {"lesson": handle, "rates_96": SWEEP}
    exec("\n".join(lines), names)
    assert eval(last, names).state == "right"
