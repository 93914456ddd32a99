"""The rows of a preference file: what is read, and the words in which the rest is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from ftwidgets.sandbox.api_errors import JobFaultError
from ftwidgets.sandbox.training.training_file import Preference, read_pairs, read_rows

ASKED = [{"role": "user", "content": "a"}]
CHAT = [*ASKED, {"role": "assistant", "content": "b"}]


def says(text: Any, **more: Any) -> list[dict[str, Any]]:
    return [{"role": "assistant", "content": text, **more}]


def pair(**change: Any) -> dict[str, Any]:
    """A good pair, with changes; None takes a key away."""
    row = {"input": {"messages": ASKED}, "preferred_output": says("b"), "non_preferred_output": says("c"), **change}
    return {key: value for key, value in row.items() if value is not None}


def read(tmp_path: Path, *rows: Any, **options: Any) -> list[Preference]:
    """Read ten good pairs and these rows."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [pair()] * 10 + list(rows)))
    return read_pairs(path, **options)


def test_the_row_of_the_guide_is_read(tmp_path: Path) -> None:
    """No tools, the word on parallel calls, a developer, an earlier answer, text parts: all as the service takes them."""
    talk = [
        {"role": "developer", "content": "Be kind."},
        *CHAT,
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    ]
    row = pair(input={"messages": talk, "tools": [], "parallel_tool_calls": True}, preferred_output=says("", tool_calls=[]))
    assert read(tmp_path, row)[10] == Preference(
        messages=[{"role": "system", "content": "Be kind."}, *CHAT, {"role": "user", "content": "Hi"}],
        preferred="",
        rejected="c",
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"messages": CHAT},
            "Invalid file format. Input file file-X is in the fine-tune-chat format, but the specified fine-tuning job is not "
            "using 'supervised' as the training method (provided method=dpo).",
        ),
        ({"prompt": "a", "completion": "b"}, "Unexpected file format, expected preference pairs"),
        ([], "Example 11 should be a dictionary"),
        (pair(input="a"), "'input' should be a dictionary with a list of 'messages'"),
        (pair(input={"messages": []}), "'input' should be a dictionary with a list of 'messages'"),
        (pair(input={"messages": CHAT}), "'input' ends with an assistant message"),
        (pair(input={"messages": ASKED, "tools": [{}]}), "'input' has the key 'tools'"),
        (pair(input={"messages": ASKED, "parallel_tool_calls": "no"}), "'input' has the key 'parallel_tool_calls'"),
        (pair(input={"messages": ASKED, "functions": []}), "'input' has the key 'functions'"),
        (pair(input={"messages": [{"content": "a"}]}), "input message 1 Discriminator 'role' is missing in value"),
        (pair(input={"messages": [*says("a", weight=1), *ASKED]}), "input message 1 has a weight"),
        (
            pair(input={"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}),
            "input message 1: a content part has the type 'image_url'; this model reads text only",
        ),
        (pair(preferred_output=None), "'preferred_output' should be a list with one assistant message"),
        (pair(non_preferred_output=says("a") * 2), "'non_preferred_output' should be a list with one assistant message"),
        (pair(preferred_output=ASKED), "'preferred_output' has a message of the role 'user'"),
        (pair(preferred_output=says(None)), "'preferred_output', message 1: 'content' should be a string"),
        (pair(preferred_output=says("a", weight=0)), "'preferred_output', message 1 has a weight"),
        (pair(preferred_output=says("a", tool_calls=[{}])), "has the key 'tool_calls'"),
        (pair(preferred_output=says("c")), "both outputs are the same; there is nothing to prefer"),
        (pair(preferred_completion=says("a")), "'preferred_completion', an older name; use 'preferred_output'"),
        (pair(score=1), "has the key 'score', which cannot be trained on here"),
    ],
)
def test_a_row_that_cannot_be_learned_from_is_named(tmp_path: Path, row: Any, expected: str) -> None:
    """Each fault has the service's prefix and code; the place is counted from one."""
    with pytest.raises(JobFaultError) as caught:
        read(tmp_path, row, file="Input file file-X")
    fault = caught.value
    assert fault.message.startswith("The job failed due to an invalid training file. ")
    assert expected in fault.message
    assert (fault.code, fault.param) == ("invalid_training_file", "training_file")


def test_a_preference_file_is_no_chat_file(tmp_path: Path) -> None:
    """The other way round the words are the same, and the file is named where its name is known."""
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(pair()) + "\n")
    with pytest.raises(JobFaultError, match=r"Input file file-Y is in the fine-tune-preference format, but .* not using 'dpo'"):
        read_rows(path, file="Input file file-Y")
    with pytest.raises(JobFaultError, match="The file is in the fine-tune-preference format"):
        read_rows(path)


def test_how_many_pairs_are_needed(tmp_path: Path) -> None:
    """Ten to learn from, as of chats; one is enough to measure with."""
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(pair()) + "\n")
    with pytest.raises(JobFaultError, match=r"Training file has 1 example\(s\), but must have at least 10 examples"):
        read_pairs(path)
    assert len(read_pairs(path, param="validation_file")) == 1
