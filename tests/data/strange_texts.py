"""Texts on which tokenizers fall out: scripts, code, emoji, blanks, runs, contractions, rare and new characters, bytes."""

import ast
import sys
from collections.abc import Callable, Iterator
from random import Random

from ftwidgets.data.tokens.bpe import ASSIGNED, LATER

# First and last of a script's letters, with the blanks its words are parted by.
SCRIPTS = [
    (0x61, 0x7A), (0x41, 0x5A), (0xC0, 0x24F), (0x1E00, 0x1EFF), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x58A),
    (0x591, 0x5F4), (0x600, 0x6FF), (0x900, 0x97F), (0x980, 0x9FF), (0xB80, 0xBFF), (0xE01, 0xE5B), (0x1000, 0x109F),
    (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x137F), (0x13A0, 0x13FD), (0x1780, 0x17FF), (0x3041, 0x30FF),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x10400, 0x1044F), (0x20000, 0x20100),
]  # fmt: skip
CODE = [
    "def f(x, *args):\n    return {k: v for k, v in x.items() if v != 0}\n",
    "for (int i = 0; i < n; ++i) { a[i] = b[i] / 2.5e-3; } // done\r\n",
    "SELECT name, COUNT(*) FROM `t` WHERE d >= '2026-11-22' GROUP BY 1;",
    '{"messages": [{"role": "user", "content": "caf\\u00e9\\n"}]}',
    "<div class='a-b'>&nbsp;</div>\n\n\n\t<p/>",
    "https://example.org/a/b?c=d&e=%20f#g///",
    "$ git log --oneline | head -n5 && rm -rf ./build/*",
    "\\frac{\\partial L}{\\partial w_{ij}} = \\sum_k x_k^2",
]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<|endofprompt|>", "<|", "|>", "<|im_sep|>user"]
CONTRACTIONS = [
    "'s",
    "'S",
    "'\u017f",
    "'t",
    "'T",
    "'m",
    "'d",
    "'D",
    "'ll",
    "'LL",
    "'lL",
    "'ve",
    "'VE",
    "'re",
    "'Re",
    "\u2019s",
    "'x",
    "''",
]
BLANKS = [
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\xa0",
    "\u2003",
    "\u2028",
    "\u200b",
    "\u3000",
    "\ufeff",
]
EMOJI = [
    "\U0001f600",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea",
    "\u2764\ufe0f",
    "1\ufe0f\u20e3",
    "\U0001f44d\U0001f3fd",
]


def texts(number: int, seed: int = 0) -> list[str]:
    """Return that many texts, an equal share of each kind, always the same ones for a seed."""
    rng = Random(seed)
    return [KINDS[i % len(KINDS)](rng) for i in range(number)]


def new_characters() -> Iterator[str]:
    """Yield a text for the first and last character of each range that came after Unicode 14, and for their neighbours."""
    for part in " ".join([*ASSIGNED.values(), LATER]).split():
        first, _, last = part.partition("-")
        for point in {int(first, 16) - 1, int(first, 16), int(last or first, 16), int(last or first, 16) + 1}:
            if not 0xD800 <= point < 0xE000:
                yield f"a{chr(point)}b1{chr(point)}2 {chr(point)}\n{chr(point) * 2}'s A{chr(point)}"


def _word(rng: Random) -> str:
    first, last = rng.choice(SCRIPTS)
    return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 9)))


def _words(rng: Random) -> str:
    first, last = rng.choice(SCRIPTS)
    words = ["".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 9))) for _ in range(rng.randint(2, 9))]
    return rng.choice([" ", " ", "\n", "", "-", ", "]).join(words)


def _prose(rng: Random) -> str:
    start = rng.randrange(len(_PROSE) - 120)
    return _PROSE[start : start + rng.randint(5, 120)]


def _code(rng: Random) -> str:
    line = "".join(rng.choices(CODE, k=rng.randint(1, 2)))
    start = rng.randrange(len(line) // 2)
    return " " * rng.randint(0, 9) + line[start:]


def _emoji(rng: Random) -> str:
    return "".join(rng.choice([*EMOJI, " ", "ok", "!", chr(rng.randint(0x1F300, 0x1FAFF))]) for _ in range(rng.randint(1, 9)))


def _blanks(rng: Random) -> str:
    return "".join(
        rng.choice(BLANKS) * rng.choice([1, 1, 2, 5]) + rng.choice(["", "a", "7", "."]) for _ in range(rng.randint(1, 9))
    )


def _run(rng: Random) -> str:
    piece = rng.choice([*"aAzZ019=-_./ \n\u4e00\u0301\u00e9", "ab", "Ab", "\r\n", "\U0001f600", "'s", "xyz1"])
    return _word(rng) * rng.randint(0, 1) + piece * rng.randint(20, 150) + rng.choice(["", "x", " y"])


def _special(rng: Random) -> str:
    return "".join(rng.choice([*SPECIAL, " ", "text", "\n"]) for _ in range(rng.randint(1, 6)))


def _contraction(rng: Random) -> str:
    words = ["I", "don", "IT", "you", "\u017fo", "\u212aelvin", " we", "\u00c9t", "\u4e2d", "7", " ", "\u01c5", "\u02b0"]
    return "".join(rng.choice(words) + rng.choice([*CONTRACTIONS, ""]) for _ in range(rng.randint(1, 6)))


def _number(rng: Random) -> str:
    return "".join(
        str(rng.randrange(10 ** rng.randint(1, 12))) + rng.choice([" ", ",", ".", "\u0663", "\u00bd", "e-"]) for _ in range(5)
    )


def _anything(rng: Random) -> str:
    points = (rng.randrange(0x110000) for _ in range(rng.randint(1, 12)))
    return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)


def _low(rng: Random) -> str:
    return "".join(chr(rng.randrange(0x3000)) for _ in range(rng.randint(1, 20)))


def _bytes(rng: Random) -> str:
    return rng.randbytes(rng.randint(1, 40)).decode(rng.choice(["utf-8", "latin-1", "cp1252"]), errors="replace")


def _mixed(rng: Random) -> str:
    return "".join(rng.choice(KINDS[:-1])(rng)[: rng.randint(1, 30)] for _ in range(rng.randint(2, 4)))


def _prose_of(*modules: str) -> str:
    return "\n".join(ast.get_docstring(node) or "" for name in modules for node in _documented(name))


def _documented(module: str) -> Iterator[ast.Module | ast.FunctionDef | ast.ClassDef]:
    __import__(module)
    with open(str(sys.modules[module].__file__), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    yield from (node for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)))


_PROSE = _prose_of("argparse", "datetime", "random", "statistics", "typing", "unittest.mock")
KINDS: list[Callable[[Random], str]] = [
    _words, _prose, _code, _emoji, _blanks, _run, _special, _contraction, _number, _anything, _low, _bytes, _mixed,
]  # fmt: skip
