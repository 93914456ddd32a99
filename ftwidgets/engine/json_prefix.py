"""Which bytes may come next so that a text stays the beginning of a JSON object (RFC 8259).

A guide for `generate`: tokens that would break the object are not drawn, so what the model writes is JSON, or, where its
tokens run out, the beginning of it. Strings may hold any bytes from 0x20 on; what is not UTF-8 is decoded as U+FFFD.
Left out: schemas, arrays or plain values at the top, more than one space or line break in a row, more than 32 levels.
"""

DEEPEST = 32
_BLANK = b" \t\n\r"
_DIGITS = b"0123456789"
_HEX = b"0123456789abcdefABCDEF"
_ESCAPED = b'"\\/bfnrt'
_LITERALS = {ord("t"): "rue", ord("f"): "alse", ord("n"): "ull"}

# What a digit, a point, an exponent or a sign leads to from within a number; where a number may end, it is followed
# by whatever may follow a value.
_NUMBER: dict[str, tuple[tuple[bytes, str], ...]] = {
    "minus": ((b"0", "zero"), (b"123456789", "whole")),
    "zero": ((b".", "point"), (b"eE", "exponent")),
    "whole": ((_DIGITS, "whole"), (b".", "point"), (b"eE", "exponent")),
    "point": ((_DIGITS, "fraction"),),
    "fraction": ((_DIGITS, "fraction"), (b"eE", "exponent")),
    "exponent": ((b"+-", "sign"), (_DIGITS, "power")),
    "sign": ((_DIGITS, "power"),),
    "power": ((_DIGITS, "power"),),
}
_MAY_END = ("zero", "whole", "fraction", "power")

# A machine with a small memory. After `{"a": [1` the state is ("whole", "{[", False): inside the digits of a number, with an
# object and a list still open, and no space just written. The next byte may be a digit, ".", "e", a space, "," or "]".
# (mode, open brackets, was the last byte blank)
State = tuple[str, str, bool]


class JsonPrefix:
    """The beginning of a JSON object, as far as it has been written."""

    def __init__(self) -> None:
        self._state: State = ("start", "", False)

    @property
    def complete(self) -> bool:
        """Whether the object is closed: nothing may follow."""
        return self._state[0] == "done"

    def allows(self, raw: bytes) -> bool:
        """Tell whether these bytes may come next; none at all may not."""
        return bool(raw) and self._after(raw) is not None

    def accept(self, raw: bytes) -> None:
        """Go on with these bytes.

        Raises
        ------
        ValueError
            When they may not come next.
        """
        state = self._after(raw)
        if state is None:
            raise ValueError(f"{raw!r} cannot follow here; ask `allows` first.")
        self._state = state

    def _after(self, raw: bytes) -> State | None:
        # A token is several bytes. All of them have to fit, one after another.
        state: State | None = self._state
        for byte in raw:
            state = None if state is None else _step(state, byte)
        return state


def _step(state: State, byte: int) -> State | None:
    """Give the state after one more byte; None where it may not come."""
    # Modes that swallow several bytes come first: strings, escapes, literals, numbers. Then spaces, then structure.
    mode, open_, blank = state
    if mode in ("string", "key"):
        if byte == ord('"'):
            return ("after" if mode == "string" else "colon", open_, False)
        return (f"{mode} \\", open_, False) if byte == ord("\\") else (mode, open_, False) if byte >= 0x20 else None
    if mode.startswith(("string ", "key ")):
        return _escaped(mode, open_, byte)
    if mode.startswith("literal "):
        rest = mode[8:]
        return None if byte != ord(rest[0]) else (f"literal {rest[1:]}" if rest[1:] else "after", open_, False)
    if mode in _NUMBER:
        for accepted, then in _NUMBER[mode]:
            if byte in accepted:
                return (then, open_, False)
        # The number is over, and this byte belongs to what follows it: "," or "}" or "]".
        return _step(("after", open_, False), byte) if mode in _MAY_END else None
    if byte in _BLANK:
        return None if blank or mode in ("start", "done") else (mode, open_, True)
    return _structure(mode, open_, byte)


def _escaped(mode: str, open_: str, byte: int) -> State | None:
    """Within a string, behind a backslash: one letter, or `u` and four hexadecimal digits."""
    kind, seen = mode.split(" ")
    if seen == "\\":
        if byte == ord("u"):
            return (f"{kind} u", open_, False)
        return (kind, open_, False) if byte in _ESCAPED else None
    if byte not in _HEX:
        return None
    return (kind if len(seen) == 4 else f"{kind} {seen}u", open_, False)


def _structure(mode: str, open_: str, byte: int) -> State | None:
    """Between values: brackets, commas, colons, and what begins a value."""
    # A closing bracket has to match the one that was opened last: the end of `open_`.
    char = chr(byte)
    if mode == "start":
        return ("first key", "{", False) if char == "{" else None
    if mode in ("first key", "next key") and char == '"':
        return ("key", open_, False)
    if (mode == "after" and open_[-1:] + char in ("{}", "[]")) or (mode, char) in (("first key", "}"), ("first value", "]")):
        return ("after" if open_[:-1] else "done", open_[:-1], False)
    if mode == "after" and char == ",":
        return ("next key" if open_[-1] == "{" else "value", open_, False)
    if mode == "colon" and char == ":":
        return ("value", open_, False)
    if mode not in ("value", "first value"):
        return None
    # A value begins: an object or a list is opened; else its first byte tells: `t` can only become `true`.
    if char in "{[":
        return ("first key" if char == "{" else "first value", open_ + char, False) if len(open_) < DEEPEST else None
    if byte in _LITERALS:
        return (f"literal {_LITERALS[byte]}", open_, False)
    numbers = {"-": "minus", "0": "zero", **dict.fromkeys("123456789", "whole")}
    begun = "string" if char == '"' else numbers.get(char)
    return None if begun is None else (begun, open_, False)
