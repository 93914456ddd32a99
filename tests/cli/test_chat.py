"""`ftwidgets chat`: who is asked, what a pipe gets, and a conversation at a terminal."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ftwidgets.cli import chat, main
from ftwidgets.cli.chat import Conversation
from ftwidgets.cli.layout import line_width
from ftwidgets.jobs import launch
from ftwidgets.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
BASE = "nano-2026-11"

Talk = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with two tuned models; the newer one learned to answer `shelf` to everything, with a system prompt."""
    folder = tmp_path_factory.mktemp("chat")
    with Sandbox(folder / "home") as sandbox, sandbox.client() as client:
        for number, (suffix, answer) in enumerate((("older", "counter"), ("newer", "shelf"))):
            rows = []
            for n in range(12):
                system = [{"role": "system", "content": "You know the shop."}] if suffix == "newer" else []
                pair = [{"role": "user", "content": f"Where is part {n}?"}, {"role": "assistant", "content": answer}]
                rows.append(json.dumps({"messages": [*system, *pair]}))
            (folder / f"{suffix}.jsonl").write_text("\n".join(rows))
            job = launch(client, folder / f"{suffix}.jsonl", model=BASE, suffix=suffix, n_epochs=3, batch_size=4, seed=1)
            job.wait(timeout=120)
            if number == 0:
                time.sleep(1)  # models are dated by the second
    return folder / "home"


class Typist(io.StringIO):
    """Standard input or output that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.fixture
def talk(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Talk:
    """Type lines at the terminal and end with Ctrl-D; return the exit code, what was printed and the errors."""

    def talk(*arguments: str, lines: str) -> tuple[int, str, str]:
        screen = Typist()
        typed = iter(lines.splitlines())

        def read(prompt: str = "") -> str:
            screen.write(prompt)
            try:
                line = next(typed)
            except StopIteration:
                raise EOFError from None
            if line == "^C":
                raise KeyboardInterrupt
            return line

        monkeypatch.setattr("sys.stdin", Typist())
        monkeypatch.setattr("sys.stdout", screen)
        monkeypatch.setattr("builtins.input", read)
        code = main.main(["chat", *arguments, "--home", str(home)])
        return code, screen.getvalue(), capsys.readouterr().err

    return talk


def pipe(home: Path, questions: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "ftwidgets", "chat", *arguments, "--home", str(home)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, input=questions, capture_output=True, text=True, env=env, timeout=60)


def test_a_pipe_gets_one_plain_answer_a_line(home: Path) -> None:
    """The newest tuned model answers, with the system prompt it was trained with; nothing but answers is on stdout."""
    done = pipe(home, "Where is part 3?\n\nWhere is part 40?\n")
    assert (done.returncode, done.stdout) == (0, "shelf\n\nshelf\n")
    assert re.fullmatch(r"The newest tuned model: ft:nano-2026-11:personal:newer:\w{8}\n", done.stderr)


def test_after_the_demo_its_model_is_found(home: Path, tmp_path: Path) -> None:
    """The demo keeps its state in a folder of its own; the newest with a model is asked, one that was interrupted is not."""
    shutil.copytree(home, tmp_path / "demo-20261129-120000")
    shutil.copytree(home, tmp_path / "demo-20261130-120000")
    (tmp_path / "demo-20261130-130000").mkdir()
    done = pipe(tmp_path, "Where is part 3?\n")
    assert (done.returncode, done.stdout) == (0, "shelf\n")
    assert f"but by `ftwidgets demo`, in {tmp_path / 'demo-20261130-120000'}" in done.stderr
    done = pipe(tmp_path, "Where is part 3?\n", BASE)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_pipe_keeps_its_numbering_if_a_question_cannot_be_answered(home: Path) -> None:
    """A question that is too long leaves an empty line and a sentence on stderr; exit code 1. Two models are a tab apart."""
    done = pipe(home, f"Where is part 3?\n{'long ' * 2000}\nWhere is part 4?\n", "--with", BASE)
    first, second, third = done.stdout.splitlines()
    assert first.startswith("shelf\t")
    assert second == "\t"
    assert third.startswith("shelf\t")
    assert done.returncode == 1
    assert "line 2: This model's maximum context length" in done.stderr


def test_an_unknown_model_is_answered_with_the_closest_names(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The service's own message, and what was probably meant; exit code 2, for either model."""
    for arguments in (["nano-2025-11"], [BASE, "--with", "nano-2025-11"]):
        assert main.main(["chat", *arguments, "--home", str(home)]) == 2
        said = capsys.readouterr().err
        assert said.startswith("ftwidgets chat: The model `nano-2025-11` does not exist")
        assert "Did you mean nano-2026-11" in said


def test_without_a_tuned_model_the_base_model_answers(tmp_path: Path, talk: Talk) -> None:
    """An empty state folder is no error: the base model is asked, and how to tune it is said."""
    done = pipe(tmp_path, "Hello!\n", "--max-tokens", "4")
    assert done.returncode == 0
    assert done.stdout.strip()
    assert "ftwidgets tune FILE" in done.stderr


def test_a_conversation_at_a_terminal(talk: Talk) -> None:
    """The answer is printed; /system and /reset begin anew and say so; an unknown command is named; Ctrl-D ends with 0."""
    code, out, _ = talk(lines="Where is part 3?\n/system You are a poet.\n/reset\n/what\n")
    assert code == 0
    assert "System prompt: You know the shop." in out
    assert "> shelf\n" in out  # what was typed is not echoed here
    assert "A new conversation, with the system prompt: You are a poet." in out
    assert "There is no command /what." in out


def test_how_a_conversation_ends(talk: Talk) -> None:
    """/quit is exit code 0 and reads no further; Ctrl-C at the prompt is 130."""
    assert talk(lines="/quit\nWhere is part 3?")[0] == 0
    assert talk(lines="^C\nWhere is part 3?")[0] == 130


def test_two_models_stand_in_columns_if_there_is_room(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide: names side by side, answers below them. Narrow: one under the other, each with its name."""
    monkeypatch.setenv("COLUMNS", "110")
    _, out, _ = talk("--with", BASE, lines="Where is part 3?")
    assert re.search(rf"\r +ft:\S+ +{BASE}$", out, re.MULTILINE)
    assert re.search(r"\r +ft:\S+: 1 word so far\r +\r", out)  # the wait can be long: it shows, and is wiped, what happens
    assert re.search(r"^ +shelf +\S", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= line_width() or "Ctrl-C" in max(out.splitlines(), key=len)
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = talk("--with", BASE, lines="Where is part 3?")
    assert re.search(rf"\[ft:\S+\]\nshelf\n\[{BASE}\]\n\S", out, re.MULTILINE)


def test_ctrl_c_stops_an_answer_and_not_the_conversation(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted answer is marked; the next question is answered."""
    asked = []

    def interrupted(conversation: Conversation, question: str) -> Iterator[str]:
        asked.append(question)
        yield "sh"
        if len(asked) == 1:
            raise KeyboardInterrupt
        yield "elf"

    monkeypatch.setattr(Conversation, "ask", interrupted)
    code, out, _ = talk(lines="one\ntwo\n")
    assert (code, asked) == (0, ["one", "two"])
    assert "sh (stopped)" in out
    assert "shelf" in out


def test_a_conversation_remembers_and_drops_the_oldest_when_it_is_full(home: Path) -> None:
    """Questions and answers are sent again with the next question; where the context is full, the oldest are left out."""
    with Sandbox(home, train=False) as sandbox, sandbox.client() as client:
        talk = Conversation(client, BASE, system="Be brief.", max_tokens=8, temperature=0.0)
        first = "".join(talk.ask("Hello there!"))
        assert first
        "".join(talk.ask("And now?"))
        sent = talk._turns
        assert [turn["role"] for turn in sent] == ["user", "assistant"] * 2
        assert sent[:2] == [{"role": "user", "content": "Hello there!"}, {"role": "assistant", "content": first}]
        "".join(talk.ask("word " * 470))
        assert talk._turns[0]["content"] != "Hello there!"
        assert talk._turns[-2]["content"].startswith("word word")


def test_what_a_broken_off_answer_leaves(home: Path) -> None:
    """An answer that nobody reads to its end is remembered as far as it came, and the stream is closed."""
    with Sandbox(home, train=False) as sandbox, sandbox.client() as client:
        talk = Conversation(client, BASE, max_tokens=64, temperature=0.0)
        pieces = talk.ask("Tell me a story about a fox.")
        piece = next(pieces)
        pieces.close()  # type: ignore[attr-defined]
        assert talk._turns[-1] == {"role": "assistant", "content": piece}


@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
def test_ctrl_c_in_a_pipe_is_polite(home: Path, interruptible: list[str]) -> None:
    """A pipe that is interrupted ends with 130 and one word."""
    command = [*interruptible, "chat", BASE, "--home", str(home)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=env, text=True, **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write("Hello!\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "\nStopped.\n")


@pytest.mark.parametrize(("option", "value"), [("--temperature", "3"), ("--temperature", "hot"), ("--max-tokens", "0")])
def test_a_wrong_option_is_a_sentence(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the value."""
    with pytest.raises(SystemExit) as ended:
        main.main(["chat", option, value])
    assert ended.value.code == 2
    assert value in capsys.readouterr().err


def test_the_system_prompt_of_training_is_found(home: Path) -> None:
    """It is that of all training rows; a model trained without one, a base model and a checkpoint are known too."""
    with Sandbox(home, train=False) as sandbox, sandbox.client() as client:
        found = {model.id: chat.trained_system_prompt(client, model.id) for model in client.models.list()}
    assert {prompt for model, prompt in found.items() if ":newer:" in model} == {"You know the shop."}
    assert {prompt for model, prompt in found.items() if ":newer:" not in model} == {None}
    assert any(":ckpt-step-" in model for model in found)
