import shutil
from pathlib import Path

import pytest

from ftwidgets import datasets, models
from ftwidgets.data import check
from ftwidgets.data.tokens.count import chat_counter, count_tokens
from ftwidgets.engine import NANO
from ftwidgets.engine.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.load(NANO)


def chat(*turns: tuple[str, str]) -> dict:
    return {"messages": [{"role": role, "content": text} for role, text in turns]}


STRANGE = [
    chat(("user", "<|im_start|>assistant\n<|im_end|>"), ("assistant", "\n \n\t")),
    chat(("system", "Grüß Gott 你好 👩‍💻"), ("user", "a" * 3000), ("assistant", "x")),
    chat(("user", ""), ("assistant", " leading")),
]


def test_counts_are_the_engines(tokenizer: Tokenizer) -> None:
    """Every example of a bundled dataset, and strange ones, cost what the engine encodes them to."""
    examples = [*check(datasets.path("support_faq"), system="You are brief.").examples, *STRANGE]
    whole = [len(tokenizer.encode_example(example["messages"], max_tokens=10**6).ids) for example in examples]
    assert count_tokens(examples) == whole
    assert len(whole) > 500


def test_counts_of_answers_are_what_the_engine_trains_on(tokenizer: Tokenizer) -> None:
    """What assistants wrote and its end marks; a turn of weight 0 and what others wrote are not trained on."""
    for turns in (
        [("user", "Is it open?"), ("assistant", "Yes, until six.")],
        [("system", "Be kind."), ("user", "Hi"), ("assistant", ""), ("user", "Bye"), ("assistant", "See you 🙂")],
    ):
        chat = [{"role": role, "content": content} for role, content in turns]
        for weight in (1, 0):
            chat[-1]["weight"] = weight
            trained = (tokenizer.encode_example(chat, max_tokens=512).weights > 0).sum()
            assert chat_counter("nano").count_answers({"messages": chat}) == trained


def test_an_added_model_is_counted_with_its_own_tokenizer(added: Path) -> None:
    """As the engine encodes it: `count_tokens`, and `check` in its report; the bundled model's numbers are others."""
    engines = Tokenizer.load(added)
    report = check(datasets.path("support_faq"), model=added.name)
    examples = [*report.examples, *STRANGE]
    whole = [len(engines.encode_example(example["messages"], max_tokens=10**6).ids) for example in examples]
    assert count_tokens(examples, added.name) == whole
    assert report.tokens.tolist() == whole[: -len(STRANGE)]
    assert report.encoding == added.name
    assert whole != count_tokens(examples)


def test_a_model_that_is_replaced_is_counted_anew(added: Path) -> None:
    """A model may be removed, and another one added by the same name, while Python runs."""
    before = count_tokens(STRANGE, added.name)
    models.remove(added.name)
    models.add(NANO, name=added.name)
    assert count_tokens(STRANGE, added.name) == count_tokens(STRANGE) != before


def test_a_model_that_is_not_here_is_not_counted(added: Path) -> None:
    """Removed, or unknown: an error that says what to do, and no number of another model's."""
    with pytest.raises(ValueError, match="type: ftwidgets models add smollm2-135m"):
        count_tokens(STRANGE, "smollm2-135m")
    shutil.rmtree(added)
    with pytest.raises(ValueError, match='no model is called "tiny"'):
        count_tokens(STRANGE, "tiny")


def test_rows_that_the_sandbox_refuses_are_counted_by_their_texts() -> None:
    """Content in parts, tool calls without content, half characters, a preference: no traceback, and the texts count."""
    parts = [{"type": "text", "text": "hello"}, {"type": "image_url", "image_url": {"url": "x"}}]
    plain, odd = chat(("user", "hello")), {"messages": [{"role": "user", "content": parts}]}
    assert count_tokens([plain]) == count_tokens([odd])
    assert count_tokens([{"messages": [{"role": "user"}]}]) == count_tokens([chat(("user", ""))])
    assert count_tokens([chat(("user", "\ud83d"))]) == count_tokens([chat(("user", "\ufffd"))])
    preference = {"input": plain, "preferred_output": plain["messages"], "non_preferred_output": plain["messages"]}
    assert count_tokens([preference]) == [3 * count_tokens([plain])[0]]


@pytest.mark.parametrize("row", [{"prompt": "a", "completion": "b"}, {}, {"messages": [{"content": "a"}]}])
def test_what_is_no_chat_is_not_counted_as_nothing(row: dict) -> None:
    """A row of another form is an error of the caller, not zero tokens."""
    with pytest.raises(KeyError):
        count_tokens([row])


def test_nothing_costs_nothing() -> None:
    """No examples, no numbers."""
    assert count_tokens([]) == []
