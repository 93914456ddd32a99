from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ftwidgets import Job, datasets, launch, write_jsonl
from ftwidgets.clients import connect
from ftwidgets.lessons import exercises

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
        return launch(client, files[0], model=model, **settings).wait(120)

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
    return exercises.step_saving(world.client, *(world.ids.get(name, name) for name in names), answer)


def test_solution_is_right(world: SimpleNamespace) -> None:
    """The factor as the curves give it, also rounded; it is a real saving."""
    factor = world.last / world.step
    assert factor > 2
    assert outcome(world, factor).state == "right"
    assert outcome(world, round(factor * 1.02, 1)).state == "right"
    assert outcome(world, f"{factor:.3f}").state == "right"
    jobs = [Job(world.client, world.ids[name]) for name in ("pretrained", "untrained")]
    assert exercises.step_saving(world.client, *jobs, factor).state == "right"


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
        (("pretrained", "one_epoch"), "the same hyperparameters"),
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
