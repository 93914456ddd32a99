"""Secrets: keys of well-known services, private keys, signed tokens, and assignments such as `password: ...`.

The patterns are those the services publish for secret scanning. They are tried at the beginning of long words only, so that
a text is read once, however long. Placeholders pass (`secret_assignments.is_placeholder`).
Left out: secrets without a shape, such as a bare password in a sentence.
"""

import re
from collections.abc import Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rules.secret_assignments import find_assignments, is_placeholder
from ftwidgets.data.rules.spans import Span, and_more, mask, redact, without_overlaps

REDACT_SECRETS = FixType("redact-secrets", "put [secret] in place of keys and passwords")
SECRET = FindingType(
    "secret",
    "error",
    title="A key or a password",
    why="Anybody who uses the model may get it to repeat the secret.",
    todo="Revoke the key where it was issued, and delete it from the data.",
    fix=REDACT_SECRETS,
)

_SHAPES = {
    "an OpenAI API key": r"sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_\-]{20,}+|[A-Za-z0-9]{32,}+(?![\-_]))",
    "an Anthropic API key": r"sk-ant-[A-Za-z0-9_\-]{20,}+",
    "an OpenRouter API key": r"sk-or-v1-[0-9a-f]{40,}+",
    "an AWS access key ID": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9_\-])",
    "a GitHub token": r"(?:gh[pousr]_[A-Za-z0-9]{36,}+|github_pat_[A-Za-z0-9_]{50,}+)",
    "a GitLab token": r"gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_\-]{20,}+",
    "a Slack token": r"(?:xox[abeoprs]-(?=[A-Za-z\-]*+[0-9])[A-Za-z0-9\-]{16,}+|xapp-[0-9]-[A-Za-z0-9\-]{20,}+)",
    "a Google API key": r"AIza[A-Za-z0-9_\-]{35}(?![A-Za-z0-9_\-])",
    "a Google client secret": r"GOCSPX-[A-Za-z0-9_\-]{28}(?![A-Za-z0-9_\-])",
    "a Stripe key": r"(?:sk|rk)_live_[A-Za-z0-9]{16,}+",
    "a Stripe webhook secret": r"whsec_[A-Za-z0-9+/]{32,}+",
    "a Hugging Face token": r"hf_[A-Za-z0-9]{30,}+",
    "an npm token": r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])",
    "a PyPI token": r"pypi-AgE[A-Za-z0-9_\-]{50,}+",
    "a Groq API key": r"gsk_[A-Za-z0-9]{40,}+",
    "a DigitalOcean token": r"do[opr]_v1_[0-9a-f]{64}(?![0-9a-f])",
    "a Databricks token": r"dapi[0-9a-f]{32}(?![0-9a-f])",
    "a signed token (JWT)": r"eyJ[A-Za-z0-9_\-]{8,}+\.eyJ[A-Za-z0-9_\-]{8,}+\.[A-Za-z0-9_\-]{10,}+",
}
_KNOWN = re.compile("|".join(f"({shape})" for shape in _SHAPES.values()))
_KINDS = list(_SHAPES)
_WORD = re.compile(r"[A-Za-z0-9_\-]{11,}+")  # the first word of any of the shapes above has so many characters
_IN_WORDS = {  # those whose first word is short: a literal that each of them contains, its pattern, its name
    "SG.": (
        re.compile(r"(?<![A-Za-z0-9_\-])SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}(?![A-Za-z0-9_\-])"),
        "a SendGrid API key",
    ),
    ":AA": (re.compile(r"(?<![A-Za-z0-9_\-])[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}(?![A-Za-z0-9_\-])"), "a Telegram bot token"),
    "hooks.slack.com/": (
        re.compile(r"hooks\.slack\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,}+"),
        "a Slack webhook",
    ),
}
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"[A-Za-z0-9+/=\s\\]*+")
_FEWEST_IN_KEY = 16  # characters of a private key without which its first line alone is only an example


def check_secrets(text: str, field: str) -> Iterator[Finding]:
    """Yield the finding for secrets, with the first one masked."""
    if found := find_secrets(text):
        shown = mask(text[found[0].start : found[0].end])
        message = f"Holds what looks like {found[0].kind}: {shown}{and_more(found)}."
        fix = "Revoke it where it was issued and write [secret] in its place; a model can repeat what it was trained on."
        yield SECRET(message, fix, field, shown)


def redact_secrets(text: str) -> str:
    """Return the text with [secret] for each secret."""
    return redact(text, find_secrets, "[secret]")


def _private_keys(text: str) -> Iterator[Span]:
    """Yield the private key blocks (RFC 7468); without a last line, as far as the key's own characters go."""
    ends = [match.end() for match in _END.finditer(text)] if "-----END" in text else []
    at, next_end = 0, 0
    while begin := _BEGIN.search(text, at):
        body = _BODY.match(text, begin.end())
        at = body.end() if body else begin.end()
        while next_end < len(ends) and ends[next_end] < begin.end():
            next_end += 1
        following = text.find("-----BEGIN", begin.end(), ends[next_end]) if next_end < len(ends) else 0
        stop = ends[next_end] if following == -1 else at
        inside = text[begin.end() : stop]
        if sum(map(str.isalnum, inside[:4000])) >= _FEWEST_IN_KEY and "..." not in inside[:200] and "…" not in inside[:200]:
            yield Span(begin.start(), stop, "a private key")
            at = stop


def find_secrets(text: str) -> list[Span]:
    """Return the spans of a text that look like secrets, in order, without overlaps."""
    found = list(_private_keys(text)) if "-----BEGIN" in text else []
    for word in _WORD.finditer(text):
        match = _KNOWN.match(text, word.start())
        if match and not is_placeholder(match[0]):
            found.append(Span(match.start(), match.end(), _KINDS[(match.lastindex or 1) - 1]))
    for literal, (shape, kind) in _IN_WORDS.items():
        if literal in text:
            found += [Span(*match.span(), kind) for match in shape.finditer(text) if not is_placeholder(match[0])]
    found += find_assignments(text)
    return without_overlaps(found)
