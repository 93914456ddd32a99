"""The columns that are probably meant, by their names."""

import pytest

from ftwidgets.data.readers import guess_columns


@pytest.mark.parametrize(
    ("names", "prompt", "completion"),
    [
        (["Question", "Answer"], "Question", "Answer"),
        (["id", "QUESTIONS ", "answers", "date"], "QUESTIONS ", "answers"),
        (["prompt", "response"], "prompt", "response"),
        (["input", "output"], "input", "output"),
        (["output", "input", "instruction"], "instruction", "output"),
        (["text", "label"], "text", "label"),
        (["user", "assistant", "system_prompt"], "user", "assistant"),
        (["Question", "What we say"], "Question", "What we say"),
        (["Left", "Right"], "Left", "Right"),
        (["Question", "Answer", "answer"], "Question", None),
        (["Question", "Topic", "Note"], "Question", None),
        ([], None, None),
    ],
)
def test_names_of_the_field_are_known(names: list[str], prompt: str | None, completion: str | None) -> None:
    """The likeliest name counts, in any case and number; of two columns none is left; no guess between two alike."""
    found = guess_columns(names)
    assert (found.get("prompt"), found.get("completion")) == (prompt, completion)


def test_a_system_prompt_is_known_too() -> None:
    """With a blank, an underscore or a hyphen in its name."""
    for name in ("System", "system prompt", "System_Prompt", "system-message"):
        assert guess_columns(["question", "answer", name])["system"] == name
