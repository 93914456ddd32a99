"""What a blind vote compares, and the asking before it: every prompt to both models."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.markup import literal
from ftwidgets.widgets.prompt.ballot import Ballot
from ftwidgets.widgets.prompt.history import settings_line
from ftwidgets.widgets.prompt.model_names import ModelNames
from ftwidgets.widgets.prompt.streaming import PromptRequest, ask_all

if TYPE_CHECKING:
    import openai


@dataclass(frozen=True)
class VoteSetup:
    """Two models, what code calls them, what people read, and the settings for every prompt."""

    models: tuple[str, str]
    names: tuple[str, str]
    labels: tuple[str, str]
    settings: PromptRequest

    def __str__(self) -> str:
        first, second = (label or "(no model)" for label in self.labels)
        return f"Between {first} and {second}: {settings_line(self.settings, most=60)}."

    def code(self, prompts: str, voters: Sequence[str]) -> str:
        """Return code for a vote on the lines of `prompts`, with the answers printed and the votes typed."""
        models = ", ".join(f"{literal(name)}: {literal(model)}" for name, model in zip(self.names, self.models, strict=True))
        lines = "".join(f"    {literal(prompt)},\n" for prompt in prompts.splitlines() if prompt.strip())
        options = {"voters": tuple(voters), "system": self.settings.system, **self.settings.options}
        given = ", ".join(f"{name}={literal(value)}" for name, value in options.items() if value)
        return (
            "from ftwidgets.widgets import BlindVote\n\n"
            f"models = {{{models}}}\n"
            f"prompts = [\n{lines}]\n"
            f"vote = BlindVote(client, models, prompts{f', {given}' if given else ''}).start().wait()\n"
            "while vote.pair is not None:\n"
            '    print(vote.pair.prompt, vote.pair.left, vote.pair.right, sep="\\n")\n'
            '    vote.vote(input(f"{vote.voter} left, right or tie? "))\n'
            "print(vote.votes)\n"
        )


def fixed_setup(
    client: openai.OpenAI, models: Sequence[str] | Mapping[str, str] | None, settings: PromptRequest
) -> Callable[[], VoteSetup]:
    """Return a function that returns the first two of these models; None is the latest tuned model and its base."""
    names = ModelNames(client, models)
    left, right = [*names.ids, "", ""][:2]
    called, labels = (names.name(left), names.name(right)), (names.label(left), names.label(right))
    return lambda: VoteSetup((left, right), called, labels, settings)


def fill_ballot(
    client: openai.OpenAI, ballot: Ballot, setup: VoteSetup, *, on_prompt: Callable[[int], object], stop: threading.Event
) -> bool:
    """Ask both models all prompts; return whether nobody stopped it.

    `on_prompt` is called with the number of prompts that are done. A prompt that one of them cannot answer is left out; a
    FtwidgetsError if that holds for all.
    """
    errors: list[str] = []
    for position, prompt in enumerate(ballot.prompts):
        on_prompt(position)
        request = replace(setup.settings, prompt=prompt)
        requests = [(model, request) for model in ballot.sides(position, setup.models)]
        answers = ask_all(client, requests, on_change=lambda _place, _answer: None, stop=stop)
        if stop.is_set():
            return False
        if failed := [answer.error for answer in answers if answer.ended == "error"]:
            errors += failed
            ballot.leave_out(position)
        else:
            ballot.add(position, answers[0].text, answers[1].text)
    if not ballot.n_pairs:
        raise FtwidgetsError(f"no prompt was answered by both models. The first error: {errors[0]}")
    return True


def read_prompts(prompts: Sequence[str] | str) -> list[str]:
    """Return the prompts that are not blank, each once: the lines of one text, or the texts of a list."""
    texts = prompts.splitlines() if isinstance(prompts, str) else list(prompts) if isinstance(prompts, Iterable) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f'"prompts" must be texts in a list, or one text with a prompt on each line: {prompts!r:.60}')
    return list(dict.fromkeys(text for text in texts if text and text.strip()))


def read_voters(voters: Sequence[str] | str) -> tuple[str, ...]:
    """Return the names of one or two voters, or none, from one text with a comma between the names, or a list."""
    if isinstance(voters, str):
        names, where = voters.split(",") if voters.strip() else [], "beside a comma in"
    else:
        names, where = list(voters) if isinstance(voters, Iterable) else [None], "in"
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f'"voters" must be one name or two, such as "Ann, Ben" or ("Ann", "Ben"): {voters!r:.60}')
    found = tuple(" ".join(str(name).split()) for name in names)
    if not all(found):
        raise ValueError(f'"voters": a name is missing {where} {voters!r:.60}. Give one name, or two: "Ann, Ben".')
    if with_comma := [name for name in found if "," in name]:
        raise ValueError(f'"voters": a comma stands between two names and cannot be in one: "{with_comma[0]}". Leave it out.')
    if len(found) > 2 or len(set(found)) < len(found):
        raise ValueError(f'one person votes, or two with different names: "{", ".join(found)}"')
    return found
