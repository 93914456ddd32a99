"""E-mail addresses of persons, as against other text with an @ in it.

Names that are reserved for examples pass (RFC 2606; RFC 6761, section 6; RFC 6762 for .local), and so do `git@host`,
handles such as @name@server and names of files; what nobody reads (noreply@); and what plainly stands for an address
(foo@bar.com, user@email.com). Left out: quoted local parts and addresses of bare IP numbers.
"""

import re
from collections.abc import Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rules.spans import Span, and_more, redact
from ftwidgets.data.text import printable

REDACT_EMAIL_ADDRESSES = FixType("redact-email-addresses", "put [email] in place of e-mail addresses", requires_opt_in=True)
EMAIL_ADDRESS = FindingType(
    "email-address", "warning", title="An e-mail address",
    why="It may belong to a person who did not agree to be in a model.",
    fix="Delete it, unless the model should give this address.", repair=REDACT_EMAIL_ADDRESSES,
)  # fmt: skip

_NAME = re.compile(r"[\w.%+'\-]{1,64}\Z")
_HOST = re.compile(r"(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,24}|xn--[A-Za-z0-9\-]{2,59})(?![\w@])")
_RESERVED = (".test", ".example", ".invalid", ".localhost", ".local")
_FOR_EXAMPLES = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|domain\.(?:com|tld)|your[\w\-]*\.[a-z]{2,})$")
_ENDINGS = "png jpg jpeg gif svg webp ico js mjs ts jsx tsx css scss json yml yaml txt md html htm py php"
_FILES = frozenset(_ENDINGS.split())
_NOBODY = re.compile(  # local parts of machines, and those that stand for a name
    r"(?:do[._\-]?not|no|never)[._\-]?reply(?:[._\-].*)?|mailer-daemon"
    r"|(?:your|the|some|any|a)?[._\-]?(?:user|user[._\-]?name|name|e?mail|mail[._\-]?address|some(?:one|body))\d{0,3}"
    r"|you|your[._\-]\w{1,20}|foo|bar|baz|qux|foo[._\-]?bar|(?:test|example|sample|dummy|fake)(?:[._\-]?(?:user|e?mail))?\d{0,3}"
    r"|(?:first|f|given)[._\-]?(?:name)?[._\-]?(?:last|l|sur|family)[._\-]?name|first[._\-]last|name[._\-]surname"
    r"|j(?:oh|a)ne?[._\-]?doe\d{0,3}|(?:max|erika)[._\-]?mustermann|abc|xyz"
)
_NOWHERE = re.compile(  # hosts that stand for one
    r"(?:www\.)?(?:foo|bar|baz|foobar|test|tests|sample|somewhere|nowhere|anything|something|domain|somedomain|mydomain|"
    r"thedomain|company|mycompany|somecompany|acme|contoso|fabrikam|website|mywebsite|somesite|mysite|provider|myapp|host|"
    r"hostname|abc|xyz|beispiel|exemple|ejemplo|esempio)\.(?:com|net|org|de|fr|es|it|io|co|tld)"
)
_MAX_NAME = 64  # characters of a local part (RFC 5321, 4.5.3.1.1)


def check_emails(text: str, field: str) -> Iterator[Finding]:
    """Yield the finding for e-mail addresses, with one character of the first one's name."""
    if found := find_emails(text):
        name, _, host = text[found[0].start : found[0].end].rpartition("@")
        shown = printable(f"{name[:1]}…@{host}", 60)
        message = f"Holds an e-mail address: {shown}{and_more(found)}."
        fix = "If it is a person's, write [email] in its place, or use an address at example.com."
        yield EMAIL_ADDRESS(message, fix, field, shown)


def redact_emails(text: str) -> str:
    """Return the text with [email] for each e-mail address."""
    return redact(text, find_emails, "[email]")


def is_for_examples(address: str) -> bool:
    """Tell whether an address is reserved for documents and tests, or belongs to nobody."""
    name, _, host = address.lower().rpartition("@")
    if host.endswith(_RESERVED) or _FOR_EXAMPLES.search(host) is not None or _NOWHERE.fullmatch(host) is not None:
        return True
    return name != "" and _NOBODY.fullmatch(name) is not None


def find_emails(text: str) -> list[Span]:
    """Return the e-mail addresses in a text that can belong to a person."""
    found: list[Span] = []
    at = text.find("@")
    while at != -1:
        name = _NAME.search(text, max(0, at - _MAX_NAME, found[-1].end if found else 0), at)
        host = _HOST.match(text, at + 1) if name else None
        if name and host:
            start = at - len(name[0].lstrip(".'-%+"))
            end = host.end()
            before = text[max(0, start - 80) : start]
            # a handle (@name@server), or the user of a link (https://user@host)
            in_link = before != "" and not before[-1].isspace() and (before[-1] in "@/" or "://" in before.split()[-1])
            odd = name[0] == "git" or in_link
            is_file = host[0].rpartition(".")[2].lower() in _FILES
            if start < at and not odd and not is_file and not is_for_examples(text[start:end]):
                found.append(Span(start, end, "an e-mail address"))
        at = text.find("@", at + 1)
    return found
