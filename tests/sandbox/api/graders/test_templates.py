"""Templates: what is filled in, what is no variable, what is not there, and how long it may get."""

from typing import Any

import pytest

from ftwidgets.sandbox.api.graders.templates import (
    LONGEST,
    Sample,
    SampleError,
    Template,
    TemplateError,
    TooLongError,
    VariableError,
)

ITEM = {
    "label": "Paris",
    "score": 1.0,
    "right": True,
    "none": None,
    "people": [{"name": "Ann"}, {"name": "Bé"}],
    "a b": {"c.d": "deep"},
    "7": "seven",
    "template": "{{ item.label }}",
}
SAMPLE = '{"name": "Ann", "tags": ["x", "ÿ"]}'

FILLED = [
    ("no variables, { or }} either", "no variables, { or }} either"),
    ("{{ item.label }}", "Paris"),
    ("{{item.label}}, {{  item.label\n}}!", "Paris, Paris!"),
    ('{"city": "{{item.label}}"}', '{"city": "Paris"}'),
    ("{{{item.label}}}", "{Paris}"),
    ("{{ item.people[1].name }}", "Bé"),
    ("{{ item.people }}", '[{"name": "Ann"}, {"name": "Bé"}]'),
    ("{{ item['a b'][\"c.d\"] }}", "deep"),
    ("{{ item.7 }}", "seven"),
    ("{{ item.score }} {{ item.right }} {{ item.none }}", "1.0 true null"),
    ("{{ item.template }}", "{{ item.label }}"),
    ("{{ sample.output_text }}", SAMPLE),
    ("{{ sample.output_json }}", SAMPLE),
    ("{{ sample.output_json.name }}{{ sample.output_json.tags[1] }}", "Annÿ"),
    ("{{ unfinished", "{{ unfinished"),
]


@pytest.mark.parametrize(("text", "expected"), FILLED)
def test_variables_are_filled_in(text: str, expected: str) -> None:
    """Texts as they are, everything else as JSON; what is filled in is not looked at again."""
    assert Template(text).fill(Sample(ITEM, SAMPLE)) == expected


NO_VARIABLES = ["{{ }}", "{{ item }}", "{{ sample }}", "{{ label }}", "{{ other.label }}", "{{ items.label }}"]
NO_VARIABLES += ["{{ item.a..b }}", "{{ item.a[x] }}", "{{ item.people[-1] }}", "{{ item['a }}", "{{ item. }}"]

NOT_THERE = ["item.nothing", "item.label.x", "item.label[0]", "item.people[2]", "item.people.name", "item[0]", "item.none.x"]
NOT_THERE += ["item.people['0']", "sample.output_tools", "sample.choices[0]", "sample.output_text.x", "sample.output_json.no"]


@pytest.mark.parametrize("text", NO_VARIABLES)
def test_what_is_no_variable_is_said(text: str) -> None:
    """With the form it should have."""
    with pytest.raises(TemplateError, match=r"is not '\{\{ item\.<name> \}\}'"):
        Template(text)


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_the_item_or_sample_does_not_have_is_an_error(path: str) -> None:
    """Never an empty text in its place."""
    with pytest.raises(VariableError):
        Template(f"{{{{ {path} }}}}").fill(Sample(ITEM, SAMPLE))


@pytest.mark.parametrize("sample", ["", "no JSON", "{'name': 1}", "NaN", "[" * 20_000, "1" * 10_000])
def test_a_sample_that_is_not_json_has_no_output_json(sample: str) -> None:
    """Whatever makes it unreadable."""
    with pytest.raises(SampleError):
        Template("{{ sample.output_json.name }}").fill(Sample({}, sample))


def test_a_text_may_not_grow_too_long() -> None:
    """It stops at the first piece that is too much, so that a short template cannot ask for a gigabyte."""
    sample = Sample({"large": "x" * (LONGEST // 2)}, "")
    assert len(Template("{{item.large}}" * 2).fill(sample)) == LONGEST
    with pytest.raises(TooLongError, match="longer than 20000"):
        Template("{{item.large}}.{{item.large}}").fill(sample)
    with pytest.raises(TooLongError, match="longer than 20000"):
        Template("{{item.large}}" * 1000).fill(sample)


def test_a_value_nested_too_deep_is_refused() -> None:
    """As is one that is too long."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(TooLongError, match="too deep"):
        Template("{{ item.deep }}").fill(Sample({"deep": deep}, ""))
    while deep:
        deep = deep.pop()
