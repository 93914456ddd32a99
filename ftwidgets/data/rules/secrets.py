"""Secrets: keys of well-known services, private keys, signed tokens, and assignments such as `password: ...`.

The patterns of keys are those the services publish for secret scanning. They are tried at the beginning of long words only,
so that a text is read once, however long. What is clearly no secret passes: `YOUR_API_KEY`, `sk-...`, `xxxx`, `<token>`,
`${TOKEN}`, `os.environ["KEY"]`, a word; and so do the passwords of textbooks (`qwerty123`, `postgres:postgres@`) and names of
several words (`shop-tls-2024a-prod`).
Left out: secrets without a shape, and sentences (`the password is ...`).
"""

import re
from collections.abc import Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rules.spans import Span, and_more, mask, redact, without_overlaps

REDACT_SECRETS = FixType("redact-secrets", "put [secret] in place of keys and passwords")
SECRET = FindingType(
    "secret", "error", title="A key or a password",
    why="Anybody who uses the model may get it to repeat the secret.",
    fix="Revoke the key where it was issued, and delete it from the data.", repair=REDACT_SECRETS,
)  # fmt: skip

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
_MIN_IN_KEY = 16  # characters of a private key without which its first line alone is only an example


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
        if sum(map(str.isalnum, inside[:4000])) >= _MIN_IN_KEY and "..." not in inside[:200] and "…" not in inside[:200]:
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


_PASSWORDS = (
    *("password", "passwd", "passphrase", "passcode"),
    *("passwort", "kennwort", "contraseña", "senha", "motdepasse", "hasło"),
)
_SHORT_PASSWORDS = ("pass", "pwd")
_KEYS = (
    *(f"{kind}key" for kind in ("api", "access", "secret", "private", "account", "signing", "encryption", "auth", "master")),
    *(f"{kind}token" for kind in ("access", "auth", "api", "bearer", "refresh", "session", "id")),
    *(f"{kind}secret" for kind in ("client", "app", "shared", "webhook")),
)
_SHORT_KEYS = ("token", "secret")
_MAX_NAME = 30
_SIGN = re.compile(r"[=:]")
_JOINING = str.maketrans("", "", "_- ")  # api_key, api-key and API key are one name
_VALUE = re.compile(r"[=>]{0,2}\s{0,3}[\"'`*]{0,3}(?P<value>[^\s\"'`,;<>{}()\[\]|]{6,200}+)(?P<call>[(\[]?)")
_BEARER = re.compile(r"Bearer ([A-Za-z0-9_\-.~+/]{20,400}+=*)")
_IN_URL = re.compile(r"://([^\s/:@\"'<>]{0,60}+):([^\s/:@\"'<>\[\]]{3,100}+)@[A-Za-z0-9]")
_PLACEHOLDER = re.compile(
    r"your|my[_\-]|example|sample|dummy|placeholder|redacted|masked|hidden|changeme|change_me|insert|replace|"
    r"enter|todo|fixme|fake|xxxx|\*\*\*|\.\.\.|…|____|----|1234567890abc|abcdefghij|abc123|secret_?here|key_?here|"
    r"token_?here|deadbeef|0123456789abcdef|lorem|^(?:pass(?:word|wort)?|test|user)\d{0,4}$|"
    r"eyJzdWIiOiIxMjM0NTY3ODkw|eyJpc3MiOiJqb2Ui",  # "sub":"1234567890", jwt.io's token; "iss":"joe", RFC 7519, 3.1
    re.IGNORECASE,
)
# Passwords of textbooks and of fresh installations: words such as these, joined, with digits or punctuation after them.
_TEXTBOOK = re.compile(
    r"(?:(?:p[a@4][s$5]{2}(?:w[o0]r[dt])?|pwd|s[e3]cr[e3]t|[a@4]dm[i1!]n|w[e3]lc[o0]me|qwert[yz](?:uiop)?|azerty|asdf(?:gh)?(?:jkl)?|"
    r"zxcv(?:bnm?)?|letme[i1]n|iloveyou|monkey|dragon|sunshine|football|princess|trustno|master|hallo|hello|world|changeit|"
    r"my|new|old|current|wrong|correct|super|very|str[o0]ng|secure|safe|simple|weak|some|this|the|test|demo|user|admin|root|"
    r"guest|login|default|postgres|mysql|mariadb|mongo|redis|rabbit(?:mq)?|elastic|grafana|oracle|docker|scott|tiger|toor|"
    r"abc|xyz|foo|bar|baz|alice|bob|john|jane|doe|token|key|db|database|app|service|local|dev|is|a|1q2w3e(?:4r)?)"
    r"[\W_]?){1,6}[\d\W_]{0,10}",
    re.IGNORECASE,
)
_SCHEME = re.compile(  # hashes, ciphers and encodings: `password: sha512crypt`
    r"(?:salted[_\-]?)?(?:scram-)?(?:(?:sha|ssha|aes|des|hs|rs|es)[_\-]?\d|md[45]|bcrypt|s?crypt|yescrypt|argon2|pbkdf2|ntlm|"
    r"base(?:32|64)|utf-?8|oauth2?)"
    r"(?:[_\-]?(?:\d++|crypt|sum|hash|hashed|encrypted|id|i|gcm|cbc|hmac|sha))*",
    re.IGNORECASE,
)
# As Kubernetes and others name things.
_WORDS = re.compile(r"(?:(?:[a-z]{12,20}+|[a-z0-9]{1,11}+)(?:[\-_./]|\Z)){2,20}", re.ASCII)
_LETTERS_ALONE = re.compile(r"(?<![a-z0-9])[a-z]{2,}(?![a-z0-9])")
_MIN_WORDS = 2
_CODE = re.compile(r"\$\w+$|%\w+%$|\$\(|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$|(?:os|process|env|config|settings|self)\.|https?:")
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[A-Za-z]{2,24}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MIN_DISTINCT = 5  # a random value has at least so many different characters


def is_placeholder(value: str) -> bool:
    """Tell whether a value is a placeholder for a secret: it says so, repeats one character, or counts up."""
    return _PLACEHOLDER.search(value) is not None or len(set(value[-24:])) < _MIN_DISTINCT


def _is_textbook_password(value: str) -> bool:
    """Tell whether a value is a password that everybody knows, or the name of a hash or cipher."""
    return _TEXTBOOK.fullmatch(value[:60]) is not None or _SCHEME.fullmatch(value) is not None


def _is_password(value: str) -> bool:
    """Tell whether a value can be a real password: letters with digits or punctuation."""
    marked = any(map(str.isdigit, value)) or any(sign in value for sign in "!@#$%^&*?+~")
    return marked and any(map(str.isalpha, value))


def _is_token(value: str) -> bool:
    """Tell whether a value can be a key or a token: long, letters and several digits, no date, no name (`shop-tls-prod`)."""
    n_digits = sum(map(str.isdigit, value))
    random = len(value) >= 12 and n_digits >= 2 and len(value) - n_digits >= 4
    is_name = _WORDS.fullmatch(value) is not None and len(_LETTERS_ALONE.findall(value)) >= _MIN_WORDS
    return random and _DATE.match(value) is None and not is_name


def _names(before: str) -> str | None:
    """Return what kind of secret the name at the end of a text names; None if it names none."""
    name = before.rstrip(" \t\r\n\"'`*:=>")
    small = name.lower()
    joined = small.translate(_JOINING)
    if joined.endswith(_PASSWORDS):
        return "a password"
    if joined.endswith(_KEYS):
        return "a key or token"
    for names, kind in ((_SHORT_PASSWORDS, "a password"), (_SHORT_KEYS, "a key or token")):
        for short in names:
            rest = name[: -len(short)]
            if small.endswith(short) and (not rest[-1:].isalpha() or (rest[-1].islower() and name[len(rest)].isupper())):
                return kind
    return None


def find_assignments(text: str) -> Iterator[Span]:
    """Yield the values that look like secrets and are assigned to a name for a secret."""
    for sign in _SIGN.finditer(text):
        at = sign.start()
        kind = _names(text[max(0, at - _MAX_NAME) : at])
        match = _VALUE.match(text, at + 1) if kind else None
        if kind and match and not match["call"]:
            value = match["value"].rstrip(".,!?:*_")
            plausible = _is_password if kind == "a password" else _is_token
            if len(value) < 6 or not plausible(value) or is_placeholder(match["value"]):
                continue
            is_address_or_code = "://" in value or _MAIL.fullmatch(value) or _CODE.match(value)
            if not is_address_or_code and not _is_textbook_password(value):
                start = match.start("value")
                yield Span(start, start + len(value), kind)
    if "Bearer " in text:
        for match in _BEARER.finditer(text):
            if _is_token(match[1]) and not is_placeholder(match[1]):
                yield Span(match.start(1), match.end(1), "a bearer token")
    if "://" in text:
        for match in _IN_URL.finditer(text):
            user, value = match[1], match[2]
            mixed_case = not value.islower() and not value.isupper() and not value.istitle()
            real = _is_password(value) or (len(value) >= 8 and mixed_case)
            filled_in = value[0] in "$%{" or "{" in value or value.lower() == user.lower()
            if real and not filled_in and not is_placeholder(value) and not _is_textbook_password(value):
                yield Span(match.start(2), match.end(2), "a password in an address")
