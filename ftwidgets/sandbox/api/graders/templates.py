"""Templates with `{{ item.x }}` and `{{ sample.output_text }}`, filled in for one item and one sample.

After OpenAI's guide to graders: two namespaces, and paths into what is nested, `{{ item.people[0].name }}`. What is no
text is written as JSON. Left out: of `sample`, all but the text and the JSON in it; a run is given no more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ftwidgets.sandbox.api.request_model import parse_json

NAMESPACES = ("item", "sample")
LONGEST = 20_000  # characters, before and after filling in; to compare two such texts takes a tenth of a second

_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
# One step into a value: .name, [0], ['name'] or ["name"].
_STEP = re.compile(r"""\.([^.\[\]{}'"]+) | \[(?P<place>\d{1,9})\] | \['([^'\]]+)'\] | \["([^"\]]+)"\]""", re.ASCII | re.VERBOSE)

Step = str | int


class TemplateError(ValueError):
    """A template that is wrong for every item; the message says why."""


class VariableError(LookupError):
    """A variable that this item or sample does not have."""


class SampleError(ValueError):
    """A sample that is not the JSON a variable asks for."""


class TooLongError(ValueError):
    """A text that is too long once it is filled in."""


@dataclass(frozen=True)
class Sample:
    """The values of the variables: an item of the data set, and what a model wrote for it."""

    item: dict[str, Any]
    text: str

    @cached_property
    def json(self) -> Any:
        """The sample, read as JSON."""
        try:
            return parse_json(self.text)
        except (ValueError, RecursionError) as error:
            raise SampleError("The sample is not JSON.") from error

    def value(self, path: tuple[Step, ...]) -> Any:
        """Return the value of a variable."""
        namespace, first, *rest = path
        if namespace == "item":
            return _walk(self.item, path[1:])
        if first == "output_text":
            return _walk(self.text, rest)
        if first == "output_json":
            return _walk(self.json, rest)
        raise VariableError(f"'sample' has no '{first}' here")


class Template:
    """A text with variables in it; a `TemplateError` if one is not written `{{ namespace.variable }}`."""

    def __init__(self, text: str) -> None:
        pieces = _VARIABLE.split(text)
        self._texts = pieces[::2]
        self._paths = [_path(piece) for piece in pieces[1::2]]

    def fill(self, sample: Sample) -> str:
        """Replace the variables by their values; one of the errors above if this item and this sample do not allow it."""
        parts = [self._texts[0]]
        length = len(parts[0])
        for path, after in zip(self._paths, self._texts[1:], strict=True):
            parts += [_to_text(sample.value(path)), after]
            length += len(parts[-2]) + len(after)
            if length > LONGEST:
                break
        if length > LONGEST:
            raise TooLongError(f"a text is longer than {LONGEST} characters once its variables are filled in")
        return "".join(parts)


def _path(text: str) -> tuple[Step, ...]:
    text = text.strip()
    namespace = next((name for name in NAMESPACES if text.startswith(name)), "")
    steps: list[Step] = []
    place = len(namespace)
    while place < len(text) and (step := _STEP.match(text, place)):
        name = step[1] or step[3] or step[4]
        steps.append(name.strip() if name else int(step["place"]))
        place = step.end()
    if not (namespace and steps) or place < len(text):
        raise TemplateError(f"'{{{{ {text:.60} }}}}' is not '{{{{ item.<name> }}}}' or '{{{{ sample.<name> }}}}'")
    return (namespace, *steps)


def _walk(value: Any, steps: Sequence[Step]) -> Any:
    for step in steps:
        known = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        if step not in known:
            raise VariableError(f"there is no {step!r:.60} here")
        value = value[step]
    return value


def _to_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError as error:
        raise TooLongError("a value is nested too deep to be written into a text") from error
