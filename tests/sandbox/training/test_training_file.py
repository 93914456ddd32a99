"""The rows of a training file: what is read, and the words in which the rest is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from ftwidgets.sandbox.api_errors import JobFaultError
from ftwidgets.sandbox.training.training_file import read_rows

GOOD = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]


def read(tmp_path: Path, *rows: Any, **options: Any) -> Any:
    """Read ten good rows and these."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [{"messages": GOOD}] * 10 + list(rows)))
    return read_rows(path, **options)


def test_contents_become_plain_strings(tmp_path: Path) -> None:
    """Text parts are joined, a developer is a system message, weights stay, empty keys of an API answer are dropped."""
    row = {
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind."}]},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "No.", "weight": 0},
            {"role": "assistant", "content": "Hello!", "weight": 1, "refusal": None, "tool_calls": None},
        ]
    }
    assert read(tmp_path, row)[10] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "No.", "weight": 0},
        {"role": "assistant", "content": "Hello!", "weight": 1},
    ]


def user(**message: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", **message}, GOOD[1]]}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"text": "a"}, "Unexpected file format, expected either prompt/completion pairs or chat messages."),
        ({"prompt": "a", "completion": "b"}, "The file holds prompt/completion pairs"),
        ({"input": {}, "preferred_output": [], "non_preferred_output": []}, "fine-tune-preference format"),
        ([], "'messages' should be a list"),
        ({"messages": "a"}, "'messages' should be a list"),
        ({"messages": []}, "Example 11 has no assistant message"),
        ({"messages": GOOD[:1]}, "Example 11 has no assistant message"),
        ({"messages": [{**GOOD[1], "weight": 0}]}, "every assistant message has weight 0"),
        ({"messages": GOOD, "tools": []}, "has the key 'tools'"),
        ({"messages": ["a"]}, "Example 11, message 1 should be a dictionary"),
        ({"messages": [{"content": "a"}]}, "Example 11, message 1 Discriminator 'role' is missing in value"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "message 1 has the role 'tool'"),
        ({"messages": [{"role": ["user"], "content": "a"}]}, "message 1 has the role ['user']"),
        (user(), "message 1: 'content' should be a string"),
        (user(content=None), "message 1: 'content' should be a string"),
        (user(content=[]), "message 1: 'content' should be a string"),
        (user(content=[{"type": "image_url"}]), "has the type 'image_url'; this model reads text only"),
        (user(content=[{"type": "text"}]), "message 1: 'content' should be a string"),
        (user(content="a", name="Eve"), "has the key 'name'"),
        (user(content="a", weight=1), "only an assistant message may have one"),
        (user(content="\ud800"), "half a surrogate pair"),
        ({"messages": [{**GOOD[1], "weight": 0.5}]}, "has weight 0.5"),
        ({"messages": [{**GOOD[1], "weight": True}]}, "has weight True"),
        ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{}]}]}, "has the key 'tool_calls'"),
    ],
)
def test_a_row_that_cannot_be_learned_from_is_named(tmp_path: Path, row: Any, says: str) -> None:
    """Each fault has the service's prefix and code; the place is counted from one."""
    with pytest.raises(JobFaultError) as caught:
        read(tmp_path, row)
    fault = caught.value
    assert fault.message.startswith("The job failed due to an invalid training file. ")
    assert says in fault.message
    assert (fault.code, fault.param) == ("invalid_training_file", "training_file")


def test_a_validation_file_is_judged_as_such(tmp_path: Path) -> None:
    """It is named in the error, and one example is enough."""
    with pytest.raises(JobFaultError) as caught:
        read(tmp_path, [], param="validation_file")
    assert caught.value.message.startswith("The job failed due to an invalid validation file.")
    assert (caught.value.code, caught.value.param) == ("invalid_validation_file", "validation_file")
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps({"messages": GOOD}))
    assert len(read_rows(path, param="validation_file")) == 1


def test_blank_lines_at_the_end_do_no_harm(tmp_path: Path) -> None:
    """They are no examples."""
    path = tmp_path / "rows.jsonl"
    path.write_text((json.dumps({"messages": GOOD}) + "\r\n") * 10 + "\n  \n")
    assert len(read_rows(path)) == 10
