"""Chat rows to measure with, as many as wanted and always the same: about 120 tokens, words of English as often as they come.

6 % are in other languages, 1 % repeat an earlier row, 1 % differ from one in a word. The sentences mean nothing; what matters
to a tokenizer and to a search for near-duplicates is that words come as often as in real text, and rarely in the same order.
"""

import ast
import json
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from random import Random

SYSTEM = "You are the assistant of a small shop. Answer in two or three sentences, kindly and to the point."

OTHERS = [
    "der die und nicht ist ein Rechnung Straße für mit Größe über können Lieferung heute morgen schön grün Käufer Preis",
    "le la les est une pas vous pour avec être très où déjà façade commande livraison prix élève garçon aujourd'hui",
    "el la los que no por una está señor mañana cómo dónde envío pedido niño también corazón precio más aquí",
    "и в не на что как заказ доставка сегодня можно пожалуйста цена когда где большой новый магазин спасибо",
    "και το να είναι δεν με για παραγγελία σήμερα τιμή αύριο μεγάλο νέο ευχαριστώ πότε πού",  # noqa: RUF001 - Greek on purpose
    "你好 我们 今天 订单 什么时候 可以 送到 谢谢 价格 很好 没有 问题 请问 这个 大小 颜色",
    "こんにちは 注文 は いつ 届きます か ありがとう 価格 とても 大きい 小さい です ください 明日 今日",
    "مرحبا متى يصل الطلب شكرا السعر كبير صغير اليوم غدا من فضلك هل يمكن في على إلى",
    "नमस्ते मेरा ऑर्डर कब आएगा धन्यवाद कीमत बड़ा छोटा आज कल कृपया क्या है में और",
]
MARKS = ".,;:?!-"
LIBRARY = (
    "argparse asyncio collections csv datetime decimal email http json logging os random re ssl string typing unittest urllib"
)


def rows(number: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Yield prompts with their answers."""
    rng, words = Random(seed), _words()
    earlier: deque[tuple[str, str]] = deque(maxlen=1_000)
    for _ in range(number):
        kind = rng.random()
        if kind < 0.02 and earlier:
            row = earlier[rng.randrange(len(earlier))]
            yield row if kind < 0.01 else (_one_word_changed(row[0], rng), row[1])
            continue
        if kind < 0.08:
            other = rng.choice(OTHERS).split()
            row = " ".join(rng.choices(other, k=rng.randint(6, 14))), " ".join(rng.choices(other, k=rng.randint(10, 40)))
        else:
            prompt, answer = rng.choices(words, k=rng.randint(8, 30)), rng.choices(words, k=rng.randint(24, 70))
            row = " ".join(prompt).capitalize().rstrip(MARKS) + "?", " ".join(answer).capitalize().rstrip(MARKS) + "."
        earlier.append(row)
        yield row


def write(path: Path, number: int) -> None:
    """Write that many chat rows as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        for prompt, answer in rows(number):
            turns = (("system", SYSTEM), ("user", prompt), ("assistant", answer))
            messages = [{"role": role, "content": text} for role, text in turns]
            file.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")


def _one_word_changed(text: str, rng: Random) -> str:
    words = text.split()
    words[rng.randrange(len(words))] = "something"
    return " ".join(words)


def _words() -> list[str]:
    """Return the words of the standard library's documentation, each as often as it comes."""
    return [word for text in _documentation() for word in text.split() if word.isascii() and len(word) < 20]


def _documentation() -> Iterator[str]:
    for name in LIBRARY.split():
        __import__(name)
        where = Path(str(sys.modules[name].__file__))
        for file in sorted(where.parent.glob("*.py")) if where.name == "__init__.py" else [where]:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            yield from (
                ast.get_docstring(node) or ""
                for node in ast.walk(tree)
                if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            )
