import codecs
import csv
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from ftwidgets.data import check, export, write_jsonl
from ftwidgets.errors import DataError

PLAIN = [
    {
        "messages": [
            {"role": "user", "content": f"Wo ist der {n}. Deckel, “bitte”?"},
            {"role": "assistant", "content": f"Auf Regal\n{n}, ganz oben."},
        ]
    }
    for n in range(12)
]
WITH_SYSTEM = [{"messages": [{"role": "system", "content": "Sei kurz."}, *row["messages"]]} for row in PLAIN]
TOOLS: list[dict[str, Any]] = [
    {
        "messages": [
            {"role": "user", "content": "Is it raining?"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "a1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
            },
        ],
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}],
    }
]
PREFERENCE = [
    {
        "input": {"messages": [{"role": "user", "content": f"Greet guest {n}."}]},
        "preferred_output": [{"role": "assistant", "content": f"Good evening, guest {n}."}],
        "non_preferred_output": [{"role": "assistant", "content": f"Hey {n}!"}],
    }
    for n in range(12)
]


@pytest.mark.parametrize(
    ("examples", "form"),
    [
        (PLAIN, "chat"),
        (WITH_SYSTEM, "chat"),
        (PLAIN + TOOLS, "chat"),
        (PLAIN, "prompt-completion"),
        (PLAIN, "huggingface"),
        (WITH_SYSTEM, "huggingface"),
        (PREFERENCE, "preference"),
        (PREFERENCE, "huggingface"),
        (PLAIN, "csv"),
        (WITH_SYSTEM, "csv"),
    ],
)
@pytest.mark.parametrize("bom", [False, True])
def test_what_is_written_comes_back(examples: list[Any], form: str, bom: bool, tmp_path: Path) -> None:
    """Every form, with and without a byte order mark, is read as the examples that went in, without an error."""
    path = export(examples, tmp_path / ("a.csv" if form == "csv" else "a.jsonl"), form=form, bom=bom)
    assert path.read_bytes().startswith(codecs.BOM_UTF8) is bom
    report = check(path)
    assert report.ok, str(report)
    assert report.examples == examples


def test_the_forms_are_those_that_others_read(tmp_path: Path) -> None:
    """Key for key, as the services' guides and TRL's dataset formats have them; text stays readable."""

    def first(examples: list[Any], form: str) -> Any:
        return json.loads(export(examples, tmp_path / "a", form=form).read_text(encoding="utf-8").splitlines()[0])

    question, answer = PLAIN[0]["messages"]
    assert first(PLAIN, "prompt-completion") == {"prompt": question["content"], "completion": answer["content"]}
    assert first(PLAIN, "huggingface") == {"prompt": [question], "completion": [answer]}
    assert set(first(PREFERENCE, "huggingface")) == {"prompt", "chosen", "rejected"}
    assert "“bitte”" in export(PLAIN, tmp_path / "b").read_text(encoding="utf-8")
    with export(WITH_SYSTEM, tmp_path / "c.csv", form="csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file)) == {
            "System": "Sei kurz.",
            "Prompt": question["content"],
            "Completion": answer["content"],
        }


@pytest.mark.parametrize(
    ("examples", "form", "reason"),
    [
        (TOOLS, "csv", "example 1 has more than plain texts"),
        (PLAIN + TOOLS, "prompt-completion", "example 13 has more than plain texts"),
        (WITH_SYSTEM, "prompt-completion", "example 1 has a system prompt"),
        (PREFERENCE, "chat", "example 1 is a preference row"),
        (PLAIN, "preference", "example 1 has no second, worse answer"),
        ([{"messages": PLAIN[0]["messages"] * 2}], "csv", "example 1 has the turns user, assistant, user, assistant"),
    ],
)
def test_what_a_form_cannot_hold_is_said_and_nothing_is_written(
    examples: list[Any], form: str, reason: str, tmp_path: Path
) -> None:
    """Nothing is dropped in silence to make it fit."""
    with pytest.raises(DataError, match=reason):
        export(examples, tmp_path / "a", form=form)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_form_is_refused(tmp_path: Path) -> None:
    """With the forms there are."""
    with pytest.raises(ValueError, match='there is no form \'xml\'; there are "chat", "preference"'):
        export(PLAIN, tmp_path / "a", form="xml")


def test_half_a_character_is_kept_as_its_escape(tmp_path: Path) -> None:
    """UTF-8 cannot hold a lone surrogate; the file holds its escape, and reads back the same."""
    rows = [{"messages": [{"role": "user", "content": "a\ud800b ü"}, {"role": "assistant", "content": "c"}]}]
    path = export(rows, tmp_path / "a.jsonl")
    assert json.loads(path.read_bytes()) == rows[0]


def chat(text: str) -> dict[str, list[dict[str, str]]]:
    return {"messages": [{"role": "user", "content": text}]}


def test_text_stays_readable(tmp_path: Path) -> None:
    """Non-ASCII text is written as it is, in UTF-8 without byte order mark, one LF a line."""
    path = write_jsonl([chat("Grüße, 你好 ☕"), chat("b")], tmp_path / "a.jsonl")
    data = path.read_bytes()
    assert "Grüße, 你好 ☕".encode() in data
    assert data.count(b"\n") == 2
    assert b"\r" not in data


@pytest.mark.parametrize("text", ["a\u2028b", "a\x85b", "a\u2029b", "a\nb", "a\r\nb", 'quote " and \\', "\x0b\x0c\x1c"])
def test_one_example_is_one_line_for_every_reader(tmp_path: Path, text: str) -> None:
    """Characters that some readers take for line breaks do not break a line, and come back unchanged."""
    written = write_jsonl([chat(text)], tmp_path / "a.jsonl").read_text(encoding="utf-8")
    assert len(written.splitlines()) == 1
    assert json.loads(written) == chat(text)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """The new text replaces the old one only when it is complete."""
    path = tmp_path / "a.jsonl"
    write_jsonl([chat("old")], path)
    with pytest.raises(TypeError):
        write_jsonl([chat("new"), {"messages": object()}], path)
    assert json.loads(path.read_text(encoding="utf-8")) == chat("old")
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    """Others in a shared folder can read it as they can any file."""
    path, plain = write_jsonl([chat("a")], tmp_path / "a.jsonl"), tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
