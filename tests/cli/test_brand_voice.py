"""`ftwidgets demo --model NAME`: an added model learns the shop's voice, and the output shows its answers as they are."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from ftwidgets import datasets
from ftwidgets.cli import main
from ftwidgets.cli.brand_voice import count_manner
from ftwidgets.engine import NANO
from ftwidgets.evaluation.result import Evaluation
from ftwidgets.models import add
from ftwidgets.sandbox import Sandbox


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTWIDGETS_MODELS", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "models"


def test_an_added_model_learns_the_voice(tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For real, on a small model: the first ten held-out messages in their order, both answers, the cost, what to type next."""
    add(NANO, name="small", folder=models)
    assert main.main(["demo", "--model", "small", "--home", "home", "--out", "out", "--epochs", "1"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    out = printed.out
    assert "60 messages to learn from, 20 held out" in out
    held_out = datasets.load("brand_voice", "held-out")["Prompt"].tolist()
    unwrapped = re.sub(r"\n {13}(?=\S)", " ", out)  # an answer of several lines stands below its first
    assert re.findall(r"^ +message {2,}(.+)$", unwrapped, re.MULTILINE) == held_out[:10]
    assert len(re.findall(r"^ +base +\S.*\n +tuned +\S", unwrapped, re.MULTILINE)) == 10
    assert re.search(r'^ +say "we" or "you" +\d+ +\d+$', out, re.MULTILINE)
    assert re.search(r"^Done in \d+ s, with at most \d\.\d GB of memory\.", out, re.MULTILINE)
    model = re.findall(r"the new model: (ft:small:personal:voice:\w+)", out)[0]
    (home,) = (tmp_path / "home").glob("demo-*")
    assert f"ftwidgets chat {model} --home {home}" in out
    trained = [json.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["messages"][0]["content"] for row in trained} == set(datasets.load("brand_voice", "train")["Prompt"])
    with Sandbox(home, models=models, train=False) as sandbox, sandbox.client() as client:
        assert client.models.retrieve(model).id == model


def test_a_model_that_is_not_installed_gets_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written, and the message says what to type; a misspelled name gets the closest one."""
    assert main.main(["demo", "--model", "smollm2-135m", "--home", "home"]) == 1
    assert "type: ftwidgets models add smollm2-135m" in capsys.readouterr().err
    assert main.main(["demo", "--model", "smolm2"]) == 1
    assert 'Did you mean "smollm2-135m"?' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_manner_is_counted_as_it_is_described() -> None:
    """By hand: who says "we" or "you", and who keeps all numbers of a message that has some, 6:30 and 18.50 each being one."""
    answers = pd.DataFrame(
        {
            "prompt": ["Open 6:30.", "Refund of £18.50, 3 days.", "Closed."],
            "base": ["Hello.", "You get £18.50 in 3 days.", "Your turn."],
            "tuned": ["We open at 6:30.", "We'll send £18 in 3 days.", "OUR day off."],
        }
    )
    found = Evaluation(answers, by_row={"exact_match": answers[["base", "tuned"]]}, metric="exact_match")
    lines = [re.split(r" {2,}", line.strip()) for line in count_manner(found).splitlines()]
    assert lines == [["base", "tuned"], ['say "we" or "you"', "2", "3"], ["keep every number (2 have some)", "1", "1"]]
