"""The prompt tester: what it sends, shows, warns of and keeps; and that a blind vote in it is blind."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from ipywidgets.embed import dependency_state

from ftwidgets.clients import connect
from ftwidgets.data.text import whole_characters
from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.job import Job, launch
from ftwidgets.widgets.prompt import PromptTester
from ftwidgets.widgets.prompt.streaming import PAUSE
from tests.widgets.service import Scripted

BASE = "nano-2026-11"
SYSTEM = 'You "sell" ferns & pots.'


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[openai.OpenAI, Job]:
    """A client of a sandbox and a job, trained with a system prompt."""
    folder = tmp_path_factory.mktemp("tuned")
    client = connect(home=folder / "home")
    chats = [
        [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"{i}?"}, {"role": "assistant", "content": "Yes."}]
        for i in range(10)
    ]
    file = folder / "train.jsonl"
    file.write_text("".join(json.dumps({"messages": chat}) + "\n" for chat in chats))
    return client, launch(client, file, model=BASE, n_epochs=2, batch_size=5, seed=1).wait(timeout=60)


@pytest.fixture
def service() -> Iterator[Scripted]:
    made = Scripted(alpha="one two three", beta="four five six")
    yield made
    made.gate.set()


def of(service: Scripted, **options: Any) -> PromptTester:
    return PromptTester(service.client(), {"Alphonse": "alpha", "Bettina": "beta"}, **options)


def whole(tester: PromptTester) -> str:
    """Everything that the browser gets, or that a saved notebook holds, of a widget."""
    state = dependency_state(tester, drop_defaults=False)
    return json.dumps(state, default=str) + json.dumps(tester._repr_mimebundle_()) + repr(tester)


# Asking


def test_four_are_asked_side_by_side(service: Scripted) -> None:
    """All get the same request; each has its column, its place in the history and in the code; a cleared one is gone."""
    service.says |= {"gamma": "seven", "delta": 429}
    names = {"Alphonse": "alpha", "Bettina": "beta", "Cecil": "gamma", "Dora": "delta"}
    tester = PromptTester(service.client(), names, columns=4, prompt="Hi?")
    tester.ask().wait(10)
    assert sorted(body["model"] for body in service.asked) == ["alpha", "beta", "delta", "gamma"]
    assert all(f'ftw-who">{name}</p>' in tester.conversation.html for name in names)
    assert "seven" in tester.conversation.html
    assert "ftw-compare-4" in tester.conversation.html
    assert "The fourth model gave an error" in tester.status.html
    assert (tester.history.loc[0, "third_answer"], tester.history.loc[0, "fourth_answer"]) == ("seven", "")
    assert 'for model in ["alpha", "beta", "gamma", "delta"]' in tester.code
    assert "Third: Cecil. Fourth: Dora." in tester.static_text()
    tester.form.fourth.value = tester.form.third.value = ""
    tester.ask().wait(10)
    assert "Cecil" not in tester.conversation.html
    assert list(tester.history["third_answer"]) == ["seven", ""]
    assert "Both models answered." in tester.status.html


def test_a_third_model_is_hidden_in_a_blind_vote_and_comes_back(service: Scripted) -> None:
    """The vote is about the first two; no name is anywhere meanwhile; afterwards the form is as it was."""
    service.says["gamma"] = "seven"
    tester = of(service, prompt="Hi?")
    tester.form.third.value = "gamma"
    tester.blind(["Hi?"]).wait(10)
    assert "gamma" not in whole(tester)
    tester.vote("left")
    assert tester.form.asked == ("alpha", "beta", "gamma")


@pytest.mark.parametrize("columns", [1, 5])
def test_there_are_two_to_four_columns(service: Scripted, columns: int) -> None:
    """Another number is an error that says so."""
    with pytest.raises(ValueError, match=f'"columns" must be 2, 3 or 4: {columns}'):
        of(service, columns=columns)


def test_both_are_asked_the_same(service: Scripted) -> None:
    """What the fields hold is what is sent, streamed, to both; the answers stand beside each other and in the history."""
    tester = of(service, prompt="Hi?", system="Be brief.", temperature=0.7, max_tokens=9, seed=3)
    tester.form.send_button.click()
    tester.wait(10)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi?"}]
    same = {"messages": messages, "temperature": 0.7, "max_tokens": 9, "seed": 3, "stream": True}
    assert sorted(service.asked, key=lambda body: body["model"]) == [{"model": m, **same} for m in ("alpha", "beta")]
    shown = tester.conversation.html
    assert re.findall(r'ftw-who">(\w+)</p><p dir="auto">([^<]+)', shown) == [
        ("You", "Hi?"),
        ("Alphonse", "one two three"),
        ("Bettina", "four five six"),
    ]
    row = tester.history.iloc[0]
    assert (row["left"], row["left_answer"], row["right"], row["right_answer"]) == (
        "Alphonse",
        "one two three",
        "Bettina",
        "four five six",
    )
    assert (row["prompt"], row["system"], row["temperature"], row["max_tokens"], row["seed"]) == ("Hi?", "Be brief.", 0.7, 9, 3)
    assert "Both models answered." in tester.status.html


def test_no_system_prompt_means_no_system_message(service: Scripted) -> None:
    """An empty or blank field sends the user's message alone, and no seed means that none is sent."""
    of(service, system="  ").ask("Hi?").wait(10)
    assert service.asked[0]["messages"] == [{"role": "user", "content": "Hi?"}]
    assert "seed" not in service.asked[0]


def test_an_answer_appears_while_it_is_written(service: Scripted) -> None:
    """The page follows a few times a second, not word by word."""
    service.says["alpha"] = " ".join(["word"] * 400)
    tester = of(service)
    drawn: list[str] = []
    tester.conversation.observe(lambda change: drawn.append(change["new"]), names="html")
    service.gate.clear()
    tester.ask("Hi?")
    assert service.waiting.wait(10)
    threading.Event().wait(1.2 * PAUSE)  # the next word comes later than the page's pause
    service.gate.set()
    tester.wait(10)
    halfway = [html for html in drawn if 0 < html.count("word") < 400]
    assert halfway
    assert len(drawn) < 30
    assert drawn[-1].count("word") == 400


def test_the_error_of_one_side_stays_there(service: Scripted) -> None:
    """It is said in words on its side; the other side answers; the history notes it."""
    service.says["alpha"] = 429
    tester = of(service).ask("Hi?").wait(10)
    assert "The service rejected the request (429): alpha cannot &lt;b&gt;do&lt;/b&gt; that" in tester.conversation.html
    assert "four five six" in tester.conversation.html
    assert tester.history.loc[0, "left_note"].startswith("The service rejected the request (429)")
    assert tester.history.loc[0, "right_note"] == ""
    assert "The left model gave an error" in tester.status.html
    service.says["beta"] = 500
    assert "Neither model answered" in tester.ask("Hi?").wait(10).status.html


def test_a_side_without_a_model_says_so(service: Scripted) -> None:
    """One model alone can be asked; the other side says that it has none."""
    tester = PromptTester(service.client(), "alpha").ask("Hi?").wait(10)
    assert tester.history.loc[0, "left_answer"] == "one two three"
    assert "No model is chosen here. Choose one." in tester.conversation.html


def test_a_second_click_does_nothing_bad(service: Scripted) -> None:
    """While the models answer, another click asks nobody and says so; from Python it raises; then all ends well."""
    service.gate.clear()
    tester = of(service).ask("Hi?")
    assert service.waiting.wait(10)
    tester.form.send_button.click()
    assert "The models are still answering." in tester.status.html
    with pytest.raises(FtwidgetsError, match="still answering"):
        tester.blind(["x"])
    with pytest.raises(TimeoutError):
        tester.wait(0.01)
    service.gate.set()
    tester.wait(10)
    assert len(service.asked) == 2
    assert len(tester.history) == 1
    assert "Both models answered." in tester.status.html


def test_stop_keeps_what_was_said(service: Scripted) -> None:
    """The button ends both answers soon, even where a model has nothing to say for long; what came is kept, and marked."""
    service.gate.clear()
    tester = of(service).ask("Hi?")
    assert service.waiting.wait(10)
    assert not tester.form.stop_button.disabled
    tester.form.stop_button.click()
    tester.wait(10)
    assert tester.form.stop_button.disabled
    assert set(tester.history.loc[0, ["left_note", "right_note"]]) == {"stopped"}
    assert "Stopped." in tester.status.html
    assert "Stopped." in tester.conversation.html
    service.gate.set()
    tester.ask("And now?").wait(10)
    assert tester.history.loc[1, "left_answer"] == "one two three"
    assert "Stopped." not in tester.conversation.html


def test_a_form_not_filled_in_is_said(service: Scripted) -> None:
    """No prompt, or a seed that is no number: a click says it in the status line, Python raises it."""
    tester = of(service)
    tester.form.send_button.click()
    assert "There is no prompt yet. Write one." in tester.status.html
    tester.form.seed.value = "lucky"
    with pytest.raises(ValueError, match='the seed must be a whole number, or empty: "lucky"'):
        tester.ask("Hi?")
    assert service.asked == []
    assert "The seed must be a whole number" in tester.form.notice.html


def test_everything_is_escaped(service: Scripted) -> None:
    """Names, prompts and answers are data, on the page and in the plain form."""
    evil = "<script>alert(1)</script>"
    service.says["alpha"] = f"{evil} x"
    tester = PromptTester(service.client(), {evil: "alpha", "b": "beta"}, system=evil, training_system=f"{evil}2")
    tester._toggle.value = True
    tester.ask(evil).wait(10)
    live = [value["state"].get("html", "") for value in dependency_state(tester, drop_defaults=False).values()]
    assert [html for html in [*live, tester.static_html()] if "<script" in html] == []
    tester.blind([f"{evil}?"]).wait(10)
    assert "<script" not in tester.blind_vote.stage.html
    tester.vote("left")
    assert "<script" not in tester.blind_vote.stage.html


def test_the_history_has_pages(service: Scripted) -> None:
    """The latest five are shown, older ones a press away; the table keeps all."""
    tester = of(service)
    for number in range(7):
        tester.ask(f"question {number}").wait(10)
    shown = tester.history_view
    assert "question 6" in shown.html
    assert "question 1" not in shown.html
    assert "page 1 of 2" in shown.html
    shown.press("older")
    assert "question 1" in shown.html
    assert "question 6" not in shown.html
    shown.press("older")
    assert "page 2 of 2" in shown.html
    shown.press("newer")
    assert "question 6" in shown.html
    assert len(tester.history) == 7


# The box


def test_the_box_is_emptied_by_a_question_and_kept_by_a_failure(service: Scripted) -> None:
    """Empty once it is asked; full again if no model answers, or if nothing could be asked; the page can bring it back."""
    tester = of(service, prompt="Hi?")
    tester.form.send_button.click()
    tester.wait(10)
    assert (tester.form.prompt.value, tester.form.prompt.sent) == ("", "Hi?")
    tester.form.send_button.click()
    assert "There is no prompt yet. Write one." in tester.status.html
    service.says |= {"alpha": 429, "beta": 500}
    tester.ask("And now?").wait(10)
    assert tester.form.prompt.value == "And now?"
    tester.form.temperature.value = 1.0
    with pytest.raises(FtwidgetsError, match="have changed since the last answers"):
        tester.ask(follow_up=True)
    assert tester.form.prompt.value == "And now?"
    service.says["alpha"] = "one"
    tester.ask().wait(10)
    assert tester.form.prompt.value == ""


def test_a_text_that_comes_late_from_the_page_is_known_by_its_last_letter(service: Scripted) -> None:
    """JupyterLab can deliver what was sent once more, after the box was emptied: it stays empty. Newer letters count."""
    tester = of(service)
    box = tester.form.prompt
    box.set_state({"draft": {"text": "Hi?", "typed": 5}})
    tester.form.send_button.click()
    tester.wait(10)
    assert box.kept == {"text": "", "typed": 5}
    for text, typed in (("Hi", 4), ("Hi?", 5)):
        box.set_state({"draft": {"text": text, "typed": typed}})
        assert box.value == ""
    box.set_state({"draft": {"text": "And now?", "typed": 6}})
    assert box.value == "And now?"
    tester.ask("From a cell?").wait(10)
    assert box.kept == {"text": "", "typed": 6}


def test_a_prompt_from_a_cell_leaves_the_box_on_the_page_empty(service: Scripted) -> None:
    """What the page is told last is what the kernel holds: nothing."""
    box = of(service).ask("Hi?").wait(10).form.prompt
    assert (box.value, box.kept["text"], box.sent) == ("", "", "Hi?")


def test_what_is_written_meanwhile_stays(service: Scripted) -> None:
    """The next question, typed while the models answer, is not lost, whether they answer or not."""
    service.gate.clear()
    tester = of(service).ask("Hi?")
    assert service.waiting.wait(10)
    tester.form.prompt.value = "And then?"
    service.gate.set()
    tester.wait(10)
    assert tester.form.prompt.value == "And then?"


def test_an_empty_box_asks_the_last_question_with_other_settings(service: Scripted) -> None:
    """So two settings are compared by one press; the code is the same call."""
    tester = of(service, prompt="Hi?").ask().wait(10)
    tester.form.temperature.value = 1.0
    assert '"content": "Hi?"' in tester.code
    assert "temperature=1.0" in tester.code
    tester.form.send_button.click()
    tester.wait(10)
    assert tester.history[["prompt", "temperature", "turn"]].to_numpy().tolist() == [["Hi?", 0.0, 1], ["Hi?", 1.0, 1]]


# Several turns


def sent(service: Scripted, model: str) -> list[list[tuple[str, str]]]:
    """Roles and texts of each request to a model, without what came before the last turns."""
    return [[(m["role"], m["content"]) for m in body["messages"]] for body in service.asked if body["model"] == model]


def test_a_follow_up_continues_each_models_own_conversation(service: Scripted) -> None:
    """Send goes on with what is shown: each model gets its own answers back; ask() begins anew unless told otherwise."""
    tester = of(service, prompt="Hi?", system="Be brief.")
    tester.form.send_button.click()
    tester.wait(10)
    tester.form.prompt.value = "And then?"
    tester.form.send_button.click()
    tester.wait(10)
    first = [("system", "Be brief."), ("user", "Hi?")]
    assert sent(service, "alpha") == [first, [*first, ("assistant", "one two three"), ("user", "And then?")]]
    assert sent(service, "beta")[1] == [*first, ("assistant", "four five six"), ("user", "And then?")]
    assert [text in tester.conversation.html for text in ("Hi?", "And then?")] == [True, True]
    tester.ask("Once more?", follow_up=True).wait(10)
    assert len(sent(service, "beta")[2]) == 6
    tester.ask("New?").wait(10)
    assert sent(service, "alpha")[3] == [("system", "Be brief."), ("user", "New?")]
    assert "Hi?" not in tester.conversation.html
    assert tester.history["turn"].tolist() == [1, 2, 3, 1]


def test_a_turn_that_failed_is_not_sent_back(service: Scripted) -> None:
    """The model that gave an error goes on without that turn, the other one with it."""
    service.says["alpha"] = 500
    tester = of(service).ask("Hi?").wait(10)
    assert "too long" not in tester.status.html
    tester.ask("Hi again?", follow_up=True).wait(10)
    assert "The left model gave an error" in tester.status.html
    assert "If the conversation has become too long for a model, press New conversation." in tester.status.html
    service.says["alpha"] = "better now"
    tester.ask("And now?", follow_up=True).wait(10)
    assert sent(service, "alpha")[2] == [("user", "And now?")]
    assert len(sent(service, "beta")[2]) == 5


def test_a_new_conversation_forgets_on_the_page_only(service: Scripted) -> None:
    """The next prompt goes without earlier turns; the history keeps them. Not while the models answer."""
    tester = of(service).ask("Hi?").wait(10)
    tester.form.new_button.click()
    assert "Write a prompt and press Send." in tester.conversation.html
    tester.form.prompt.value = "Hi?"
    tester.form.send_button.click()
    tester.wait(10)
    assert sent(service, "alpha")[1] == [("user", "Hi?")]
    assert len(tester.history) == 2
    service.gate.clear()
    service.waiting.clear()
    tester.ask("Wait?")
    assert service.waiting.wait(10)
    tester.form.new_button.click()
    assert "The models are still answering." in tester.status.html
    assert "Wait?" in tester.conversation.html


@pytest.mark.parametrize(("field", "value"), [("system", "Be long."), ("temperature", 0.5), ("seed", "3"), ("right", "alpha")])
def test_answers_for_other_inputs_are_marked_until_asked_again(service: Scripted, field: str, value: Any) -> None:
    """Each field that decides the answers marks them, and clears what the status said; back as it was, the mark is gone."""
    tester = of(service, prompt="Hi?", system="Be brief.").ask().wait(10)
    assert "ftw-stale" not in tester.conversation.html
    before = getattr(tester.form, field).value
    getattr(tester.form, field).value = value
    assert "ftw-stale-note" in tester.conversation.html
    assert "one two three" in tester.conversation.html
    assert tester.status.html == ""
    getattr(tester.form, field).value = before
    assert "ftw-stale" not in tester.conversation.html
    getattr(tester.form, field).value = value
    with pytest.raises(FtwidgetsError, match="have changed since the last answers"):
        tester.ask(follow_up=True)
    tester.form.send_button.click()
    tester.wait(10)
    assert "ftw-stale" not in tester.conversation.html
    assert tester.history["turn"].tolist() == [1, 1]


def test_the_code_of_a_conversation_gets_the_same_answers(tuned: tuple[openai.OpenAI, Job]) -> None:
    """It sends all turns, each model's own answers among them, against the same sandbox; a prompt in the box comes last."""
    client, job = tuned
    tester = PromptTester(client, [BASE, job.model], system=SYSTEM, max_tokens=12)
    tester.ask("Do you sell tea?").wait(30)
    tester.form.prompt.value = "And coffee?"
    before = tester.code
    tester.form.send_button.click()
    tester.wait(30)
    assert tester.code == before
    names: dict[str, Any] = {"client": client}
    exec(before, names)
    assert names["answers"] == list(tester.history.loc[1, ["left_answer", "right_answer"]])


# The next step


def test_the_next_step_measures_the_same_models(service: Scripted) -> None:
    """Its form has them and the system prompt, by their names; its code makes the same form."""
    tester = of(service, system="Be brief.")
    opened = tester.next_step.go()
    names: dict[str, Any] = {"client": service.client()}
    exec(tester.next_step.code, names)
    for form in (opened, names["evaluation"]):
        assert "alpha" in form.code
        assert "Bettina" in form.code
        assert "Be brief." in form.code


# Which models


def test_without_models_the_latest_tuned_one_is_found(tuned: tuple[openai.OpenAI, Job]) -> None:
    """Left stands its base, right the model; the menus hold the checkpoints too, all by their labels."""
    client, job = tuned
    tester = PromptTester(client)
    assert tester.models == (BASE, job.model)
    assert {point.fine_tuned_model_checkpoint for point in job.checkpoints} <= set(dict(tester.form.left.menu.options).values())
    labels = [label for label, _model in tester.form.right.menu.options]
    assert [label for label in labels if "ft:" in label] == []
    assert job.model in tester.form.right.children[0].children[1].html  # behind the button that copies it


def test_a_model_that_is_none_is_refused(service: Scripted) -> None:
    """The name of a model that a failed job left empty is refused with a hint."""
    with pytest.raises(FtwidgetsError, match=r'the model "tuned" is None, not a name\. Has its job succeeded'):
        PromptTester(service.client(), {"base": BASE, "tuned": None})  # type: ignore[dict-item]


# The code


@pytest.mark.parametrize(("system", "temperature", "seed"), [(SYSTEM, 1.0, 7), (None, 0.0, None)])
def test_the_code_does_what_the_form_did(
    tuned: tuple[openai.OpenAI, Job],
    capsys: pytest.CaptureFixture[str],
    system: str | None,
    temperature: float,
    seed: int | None,
) -> None:
    """Run as it is shown, against the same sandbox, it gets the same answers."""
    client, job = tuned
    tester = PromptTester(client, [BASE, job.model], system=system, temperature=temperature, seed=seed, max_tokens=12)
    tester.ask('Do you sell "tea"?\nÉlan').wait(30)
    names = {"client": client}
    exec(tester.code, names)
    assert names["answers"] == list(tester.history.loc[0, ["left_answer", "right_answer"]])
    assert f"{job.model}: {names['answers'][1]}" in capsys.readouterr().out
    tester._toggle.value = True
    assert "stream=True" in tester._code_view.html


# The system prompt


def test_another_system_prompt_than_in_training_is_told(tuned: tuple[openai.OpenAI, Job]) -> None:
    """Read from the job's training file: told for none and for another one, not for the same; a checkpoint counts as well."""
    client, job = tuned
    tester = PromptTester(client, [BASE, job.checkpoints[0].fine_tuned_model_checkpoint], max_tokens=3)
    tester._notice._task.wait(30)
    assert "trained with the system prompt &quot;You &quot;sell&quot; ferns &amp; pots." in tester.form.notice.html
    assert "trained with a system prompt. <button" in tester.form.notice.html
    assert f"{BASE} was" not in tester.form.notice.html
    assert "there is none now" in tester.static_text()
    tester.form.notice.press("cure")
    assert tester.form.system.value == SYSTEM
    tester.form.system.value = SYSTEM + " "
    assert "ftw-warning" not in tester.form.notice.html
    tester.form.system.value = "You sell cars."
    assert "trained with another system prompt. <button" in tester.form.notice.html
    tester.form.right.value = BASE
    assert "ftw-warning" not in tester.form.notice.html
    assert "system prompt &quot;You sell cars.&quot;" in tester.form.notice.html


def test_the_training_system_prompt_can_be_given(service: Scripted) -> None:
    """Then nobody is asked; "" means a training without one."""
    tester = of(service, training_system="Be brief.")
    assert "The model was trained with the system prompt &quot;Be brief.&quot;" in tester.form.notice.html
    tester.form.system.value = "Be brief."
    assert "ftw-warning" not in tester.form.notice.html
    assert "trained without a system prompt" in of(service, system="x", training_system="").form.notice.html


def test_what_is_not_known_is_no_reason_to_warn(service: Scripted) -> None:
    """A service without jobs or files of ours: no warning, and the answers come."""
    tester = of(service, system="x").ask("Hi?").wait(10)
    assert "ftw-warning" not in tester.form.notice.html
    assert "Both models answered." in tester.status.html


# The blind vote


def test_nothing_gives_the_names_away_before_the_reveal(service: Scripted) -> None:
    """Whoever looks at the whole state of the widget, hidden fields included, or at its plain form, finds no name."""
    tester = of(service, training_system="x")
    tester.ask("Hi?").wait(10)
    tester._toggle.value = True
    tester.open_blind_vote()
    tester.blind_vote.prompts.value = "p one\n\np two\np three"
    looks: list[str] = []
    service.gate.clear()
    service.waiting.clear()
    tester.blind_vote.start_button.click()
    assert service.waiting.wait(10)
    looks.append(whole(tester))
    service.gate.set()
    tester.wait(10)
    votes = ["left", "tie", "right"]
    for number, vote in enumerate(votes, 1):
        assert tester.pair is not None
        assert (tester.pair.number, tester.votes) == (number, None)
        tester._toggle.value = not tester._toggle.value
        looks.append(whole(tester))
        tester.blind_vote.stage.press(f"{vote} {number - 1}")
    assert [name for look in looks for name in ("alpha", "beta", "Alphonse", "Bettina") if name in look] == []
    assert all("A blind vote is going on" in look for look in looks)
    assert "Alphonse" in whole(tester)
    assert tester.votes is not None
    assert tester.votes.table["vote"].tolist() == votes
    assert tester.models == ("alpha", "beta")
    assert "one two three" in tester.conversation.html  # what stood there before
    assert tester.votes.details in tester.blind_vote.stage.html
    assert str(tester.votes) in tester.static_text()


def test_the_press_that_starts_a_vote_brings_the_fields_of_the_tester(service: Scripted) -> None:
    """A vote is held with what is on the page at that moment: models, settings and prompts, typed just before."""
    tester = of(service)
    tester.open_blind_vote()
    button, form = tester.blind_vote.start_button, tester.form
    service.says["gamma"] = "seven"
    values = {
        form.left.menu.model_id: {"index": len(form.left.menu.options) - 1, "label": "Another model ..."},
        form.left.typed.model_id: "gamma",
        form.system.model_id: "Be brief.",
        tester.blind_vote.prompts.model_id: "p one\np two",
    }
    button._handle_custom_msg({"type": "press", "values": values}, [])
    tester.wait(10)
    assert {body["model"] for body in service.asked} == {"gamma", "beta"}
    assert {tuple(m["content"] for m in body["messages"]) for body in service.asked} == {
        ("Be brief.", "p one"),
        ("Be brief.", "p two"),
    }


def test_the_code_is_hidden_as_long(service: Scripted) -> None:
    """The code names the models, so there is none during the vote; nor is anything else asked."""
    tester = of(service).blind(["x"]).wait(10)
    with pytest.raises(FtwidgetsError, match="after the reveal"):
        _ = tester.code
    with pytest.raises(FtwidgetsError, match="a blind vote is going on"):
        tester.ask("Hi?")
    tester.reveal()
    assert tester.votes is not None
    assert len(tester.votes.table) == 0
    assert tester.ask("Hi?").wait(10).code


def test_the_order_is_the_seeds(service: Scripted) -> None:
    """The same seed gives the same pairs, so a vote can be repeated; the settings are those of the form."""
    prompts = ["a", "b", "c", "d"]

    def pairs(seed: int) -> list[tuple[str, str]]:
        tester = of(service, system="Be brief.", max_tokens=5).blind(prompts, seed=seed).wait(10)
        seen = []
        while tester.pair is not None:
            seen.append((tester.pair.prompt, tester.pair.left))
            tester.vote("tie")
        return seen

    assert pairs(4) == pairs(4) != pairs(5)
    assert {body["max_tokens"] for body in service.asked} == {5}
    assert {body["messages"][0]["content"] for body in service.asked} == {"Be brief."}


def test_stopping_while_the_models_answer_counts_nothing(service: Scripted) -> None:
    """The button that later reveals stops; the form comes back as it was."""
    service.gate.clear()
    tester = of(service).blind(["x", "y"])
    assert service.waiting.wait(10)
    tester.blind_vote.stage.press("stop")
    tester.wait(10)
    assert not tester.voting
    assert tester.votes is None
    assert "Stopped. Nothing was counted." in tester.blind_vote.status.html
    assert tester.models == ("alpha", "beta")


def test_prompts_that_a_model_cannot_answer(service: Scripted) -> None:
    """Where none is left, the reason is said and raised, and the form is back."""
    service.says["beta"] = 500
    tester = of(service).blind(["x", "y"])
    with pytest.raises(FtwidgetsError, match=r"no prompt was answered by both models.*beta cannot"):
        tester.wait(10)
    assert "No prompt was answered by both models." in tester.blind_vote.status.html
    assert not tester.voting
    assert tester.models == ("alpha", "beta")


def test_a_blind_vote_needs_prompts_and_two_models(service: Scripted) -> None:
    """Each refusal says what is missing."""
    with pytest.raises(ValueError, match="no prompts for a blind vote"):
        of(service).blind(["", "  "])
    with pytest.raises(ValueError, match='two different models; these are "alpha" and "alpha"'):
        PromptTester(service.client(), ["alpha", "alpha"]).blind(["x"])
    with pytest.raises(FtwidgetsError, match="no pair to vote on"):
        of(service).vote("left")
    tester = of(service)
    tester.blind_vote.start_button.click()
    assert "There are no prompts for a blind vote." in tester.blind_vote.status.html


# The plain form


def test_the_plain_form_tells_the_last_question(service: Scripted, tmp_path: Path) -> None:
    """Names, prompt, settings and both answers; as text and as a table."""
    tester = of(service)
    assert "Left: Alphonse. Right: Bettina." in tester.static_text()
    tester.ask("Hi?").wait(10)
    for text in ("Hi?", "temperature 0", "Alphonse: one two three", "Bettina: four five six"):
        assert text in tester.static_text()
    for text in ("Hi?", "Temperature 0", "Alphonse", "one two three", "Bettina", "four five six"):
        assert tester.static_html().count(text) == 1
    assert "<table>" in tester.static_html()
    assert "<button" not in tester.static_html()


def test_half_a_character_cannot_stop_the_answers(service: Scripted) -> None:
    """A service may send an emoji in two halves, or one half: what is shown can be sent to the page."""
    service.says |= {"alpha": "a \ud83d"}
    tester = of(service).ask("Hi").wait(20)
    tester.conversation.html.encode()
    assert tester.history["left_answer"][0] == "a \N{REPLACEMENT CHARACTER}"
    assert whole_characters("\ud83d\ude00") == "\N{GRINNING FACE}"
