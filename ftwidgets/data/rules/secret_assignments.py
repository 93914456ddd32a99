"""Find secrets by the name before them: `password: ...`, `API_KEY="..."`, `https://user:password@host`.

What is clearly no secret passes: `YOUR_API_KEY`, `sk-...`, `xxxx`, `<token>`, `${TOKEN}`, `os.environ["KEY"]`, a word;
and so do the passwords of textbooks (`qwerty123`, `postgres:postgres@`) and names of several words (`shop-tls-2024a-prod`).
Left out: keys that have a pattern of their own (`secrets`), and sentences (`the password is ...`).
"""

import re
from collections.abc import Iterator

from ftwidgets.data.rules.spans import Span

_PASSWORDS = (
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "kennwort",
    "contraseña",
    "senha",
    "motdepasse",
    "hasło",
)
_SHORT_PASSWORDS = ("pass", "pwd")
_KEYS = (
    *(f"{kind}key" for kind in ("api", "access", "secret", "private", "account", "signing", "encryption", "auth", "master")),
    *(f"{kind}token" for kind in ("access", "auth", "api", "bearer", "refresh", "session", "id")),
    *(f"{kind}secret" for kind in ("client", "app", "shared", "webhook")),
)
_SHORT_KEYS = ("token", "secret")
_LONGEST_NAME = 30
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
_WORDS = re.compile(
    r"(?:(?:[a-z]{12,20}+|[a-z0-9]{1,11}+)(?:[\-_./]|\Z)){2,20}", re.ASCII
)  # as Kubernetes and others name things
_LETTERS_ALONE = re.compile(r"(?<![a-z0-9])[a-z]{2,}(?![a-z0-9])")
_FEWEST_WORDS = 2
_CODE = re.compile(r"\$\w+$|%\w+%$|\$\(|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$|(?:os|process|env|config|settings|self)\.|https?:")
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[A-Za-z]{2,24}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FEWEST_KINDS = 5  # a random value has at least so many different characters


def is_placeholder(value: str) -> bool:
    """Tell whether a value is a placeholder for a secret: it says so, repeats one character, or counts up."""
    return _PLACEHOLDER.search(value) is not None or len(set(value[-24:])) < _FEWEST_KINDS


def _is_name(value: str) -> bool:
    """Tell whether a value is a name made of lower-case words (`shop-tls-prod`): at least two of them are letters alone."""
    if _WORDS.fullmatch(value) is None:
        return False
    return len(_LETTERS_ALONE.findall(value)) >= _FEWEST_WORDS


def _is_textbook_password(value: str) -> bool:
    """Tell whether a value is a password that everybody knows, or the name of a hash or cipher."""
    return _TEXTBOOK.fullmatch(value[:60]) is not None or _SCHEME.fullmatch(value) is not None


def _is_password(value: str) -> bool:
    """Tell whether a value can be a real password: letters with digits or punctuation."""
    marked = any(map(str.isdigit, value)) or any(sign in value for sign in "!@#$%^&*?+~")
    return marked and any(map(str.isalpha, value))


def _is_token(value: str) -> bool:
    """Tell whether a value can be a key or a token: long, letters and several digits, no date."""
    n_digits = sum(map(str.isdigit, value))
    random = len(value) >= 12 and n_digits >= 2 and len(value) - n_digits >= 4
    return random and _DATE.match(value) is None and not _is_name(value)


def _is_password_in_url(user: str, value: str) -> bool:
    """Tell whether a password in a URL can be a real one: not the user's name, a word, or a placeholder."""
    real = _is_password(value) or (len(value) >= 8 and not value.islower() and not value.isupper() and not value.istitle())
    filled_in = value[0] in "$%{" or "{" in value or value.lower() == user.lower()
    return real and not filled_in and not is_placeholder(value) and not _is_textbook_password(value)


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
        kind = _names(text[max(0, at - _LONGEST_NAME) : at])
        match = _VALUE.match(text, at + 1) if kind else None
        if kind and match and not match["call"]:
            value = match["value"].rstrip(".,!?:*_")
            plausible = _is_password if kind == "a password" else _is_token
            if len(value) >= 6 and plausible(value) and not is_placeholder(match["value"]) and not _is_no_secret(value):
                start = match.start("value")
                yield Span(start, start + len(value), kind)
    if "Bearer " in text:
        for match in _BEARER.finditer(text):
            if _is_token(match[1]) and not is_placeholder(match[1]):
                yield Span(match.start(1), match.end(1), "a bearer token")
    if "://" in text:
        for match in _IN_URL.finditer(text):
            if _is_password_in_url(match[1], match[2]):
                yield Span(match.start(2), match.end(2), "a password in an address")


def _is_no_secret(value: str) -> bool:
    """Tell whether a value is an address, an expression in a program, or a textbook password."""
    if "://" in value or _MAIL.fullmatch(value) is not None or _CODE.match(value) is not None:
        return True
    return _is_textbook_password(value)
