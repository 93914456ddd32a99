"""The code that a conversation with some models stands for: plain streamed calls, one model after the other."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

from ftwidgets.widgets.base.markup import literal
from ftwidgets.widgets.prompt.streaming import PromptRequest

_ONE_PROMPT = """\
messages = [
{messages}]
answers = []
for model in [{models}]:
    stream = client.chat.completions.create(
        model=model,
        messages=messages,
{options}
        stream=True,
    )
    answers.append("")
    print(model, end=": ")
    for chunk in stream:
        text = (chunk.choices[0].delta.content or "") if chunk.choices else ""
        answers[-1] += text
        print(text, end="", flush=True)
    print()
"""

_SEVERAL_PROMPTS = """\
prompts = [
{prompts}]
answers = []
for model in [{models}]:
    messages = [{system}]
    for prompt in prompts:
        messages.append({{"role": "user", "content": prompt}})
        stream = client.chat.completions.create(
            model=model,
            messages=messages,
{options}
            stream=True,
        )
        answer = ""
        for chunk in stream:
            answer += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        print(model, answer, sep=": ")
        messages.append({{"role": "assistant", "content": answer}})
    answers.append(answer)
"""


def request_code(models: Sequence[str], prompts: Sequence[str], settings: PromptRequest) -> str:
    """Return the calls that ask each model these prompts, in one conversation of its own; the last answers are in `answers`.

    Of `settings`, everything counts but its prompt.
    """
    names = ", ".join(map(literal, models))
    options = "\n".join(f"{name}={literal(value)}," for name, value in settings.options.items())
    system = [{"role": "system", "content": settings.system}] if settings.system else []
    if len(prompts) == 1:
        messages = [*system, {"role": "user", "content": prompts[0]}]
        lines = "".join(f"    {_message(message)},\n" for message in messages)
        return _ONE_PROMPT.format(messages=lines, models=names, options=indent(options, " " * 8))
    lines = "".join(f"    {literal(prompt)},\n" for prompt in prompts)
    start = ", ".join(map(_message, system))
    return _SEVERAL_PROMPTS.format(prompts=lines, models=names, system=start, options=indent(options, " " * 12))


def _message(message: dict[str, str]) -> str:
    return f'{{"role": "{message["role"]}", "content": {literal(message["content"])}}}'
