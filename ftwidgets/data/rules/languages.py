# ruff: noqa: RUF001 - strange characters are the subject
"""The rule about texts in another language than the rest of their set. It keeps two bytes of each row.

A language is detected where it is certain: by its script, and for Latin letters by its function words. The question is whether
a text is unlike all the others, so nothing is guessed: texts of a few words, mixed texts and code get no result. Left out:
telling languages of one other script apart (Russian from Ukrainian).
"""

import re
from collections.abc import Iterator, Sequence

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import RowBatch, RowLookup

UNEXPECTED_LANGUAGE = FindingType(
    "unexpected-language", "warning", title="Another script or language than the others",
    why="In a set in one language, an answer in another is often a row from somewhere else.",
    fix="Check whether it belongs here.",
)  # fmt: skip

# The most common function words of each language; a word may be in several.
_LISTS = """
English: the and of to in is you that it for was are with his they be at have this from or had by not but what were we when your
can there an which their if will how our my would could should its please about has do does i on as so who why
German: der die das und ist nicht ich sie ein eine zu mit auf für den dem von im es auch wir wie was sich des werden oder wird
einen einer kann haben bei nach aus wenn bitte mein ihre ihr sind über noch nur aber dass zum zur hat bin wo auch bis
French: le la les et est un une des du dans que qui pour pas je vous nous ne sur avec ce il elle plus au par sont mais ou où
votre mon ma être cette comme a aux en se si ses leur peut quel quelle avez suis bien y
Spanish: el la los las y es un una de que en por para con no se su lo como más pero mi si está al del qué cómo usted hay este
esta son me te le ha tiene puede nos muy también sin sobre ser donde cuando yo era
Italian: il lo la gli le e è un una di che in per con non si del della sono come ma anche mi ho ha questo questa al dal nel più
se o i dei delle alla perché cosa dove quando mio suo essere ci nella sul puoi vorrei
Portuguese: o a os as e é um uma de que em para com não se do da no na por mais como mas seu sua foi ao dos das você eu está
isso ele ela tem à ou meu minha pelo pela são muito quando também já pode onde são nos
Dutch: de het een en van is niet ik je dat op te in voor met zijn aan er die maar om ook als dan wat hoe bij naar uw mijn kan
wij deze wordt heeft u we of nog door over uit hebben waar worden geen moet dit
Swedish: och att det är som en ett på av för med den inte jag du har till om var men vi kan från så de här hur din ska eller vad
när mig mitt min där sig också efter blir hos
Danish or Norwegian: og at det er som en et på av af for med den ikke jeg du har til om var men vi kan fra så de her hvordan din
skal eller hva hvad når mig meg mit mitt min der seg sig også etter efter blir bliver hos
Polish: i w nie na się z do jest to że jak po co ale czy za od o dla ja tak jego tego przez był są może przy mnie oraz mój moje
gdzie kiedy proszę tym które który został bardzo już tylko ma być
Turkish: ve bir bu da de için ne ben mi ile çok var daha gibi ama nasıl o değil kadar olarak en sonra mı olan siz biz benim
nerede zaman ya her şey lütfen yok olduğunu ki
Indonesian or Malay: yang dan di itu ini dengan untuk tidak dari saya ke pada adalah akan anda bisa juga apa ada atau kami dalam
bagaimana mereka oleh sudah telah boleh kita karena lebih seperti
Vietnamese: và của là không có tôi cho một được với trong này những người bạn đã các để thế nào như khi cũng đến từ làm về ở gì
sẽ rất nhưng hay phải thì
"""
_WORDS = {name: words for name, _, words in (part.partition(": ") for part in re.split(r"\n(?=[A-Z])", _LISTS.strip()))}
_SCRIPTS = {  # by the high byte of UTF-16 code units: the blocks of each script
    "Greek": (0x03, 0x1F),
    "Cyrillic": (0x04,),
    "Hebrew": (0x05,),
    "Arabic script": (0x06,),
    "an Indic script": (0x09, 0x0A, 0x0B, 0x0C, 0x0D),
    "Thai": (0x0E,),
    "Korean": (0x11, *range(0xAC, 0xD8)),
    "Japanese": (0x30,),
    "Chinese": tuple(range(0x4E, 0xA0)),
}
NAMES = ["", *_WORDS, *_SCRIPTS]  # by number; 0 is unknown
_FIRST_SCRIPT = len(_WORDS) + 1
_BY_UPPER_BYTE = bytes(
    next((_FIRST_SCRIPT + n for n, blocks in enumerate(_SCRIPTS.values()) if upper in blocks), 0) for upper in range(256)
)
_KANA = NAMES.index("Japanese")
_OF_LANGUAGE = [frozenset(words.split()) for words in _WORDS.values()]
_ALL_WORDS = frozenset().union(*_OF_LANGUAGE)
# Words that hardly occur in a text of another of these languages: with one of them no more needs to be counted.
_DISTINCTIVE_WORDS = {
    "English": ("the", "you", "and", "your", "my", "with", "it", "how", "what", "have", "are"),
    "German": ("und", "nicht", "ist", "das", "ich", "eine", "sie"),
    "French": ("est", "vous", "dans", "pour", "une", "des"),
    "Spanish": ("los", "para", "una", "por", "las", "está"),
}
_PATTERNS = {NAMES.index(name): tuple(f" {word} " for word in words) for name, words in _DISTINCTIVE_WORDS.items()}
_MIN_LENGTH = 24  # characters of a text in Latin letters on which to judge
_EXAMINED = 240  # characters; a language shows early
_MIN_HITS = 4  # different function words

_MIN_ROWS = 20
_FEW = 0.10  # a language is the usual one if at least nine in ten texts are in it
_N_FIRST = 32
_N_RECENT = 2048


class Languages:
    """The rule unexpected-language, for prompts and for completions by themselves."""

    def __init__(self) -> None:
        self._languages = {"prompt": bytearray(), "completion": bytearray()}
        self._expected = {"prompt": 0, "completion": 0}

    def update(self, batch: RowBatch) -> Iterator[tuple[int, Finding]]:
        """Keep the language of each prompt and completion; nothing is reported yet."""
        for field, texts in (("prompt", batch.prompts), ("completion", batch.completions)):
            kept = self._languages[field]
            for start, end in ((0, _N_FIRST), (_N_FIRST, len(texts))):  # the first few show which language to expect
                kept += detect_languages(texts[start:end], self._expected[field])
                self._expected[field] = _most_common(kept[-_N_RECENT:])
        return iter(())

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield the rows in another language than nearly all the others."""
        for field, languages in self._languages.items():
            usual = _most_common(languages)
            n_plain = len(languages) - languages.count(0)
            n_usual = languages.count(usual) if usual else 0
            if n_plain < _MIN_ROWS or n_usual == n_plain or n_usual < (1 - _FEW) * n_plain:
                continue
            for position, language in enumerate(languages):
                if language and language != usual:
                    others = f"{n_usual:,} of the {n_plain:,} {field}s whose language is plain are in {NAMES[usual]}"
                    message = f"Is in {NAMES[language]}; {others}."
                    fix = "Translate it or delete the row, unless the model is to answer in that language too."
                    yield position, UNEXPECTED_LANGUAGE(message, fix, field=field)


def _most_common(languages: bytes | bytearray) -> int:
    counts = {language: languages.count(language) for language in set(languages) - {0}}
    return max(counts, key=counts.__getitem__, default=0)


def detect_language(text: str, expected: int = 0) -> int:
    """Return the index in `NAMES` of the language or script of a text; 0 where it is uncertain.

    `expected` is the most likely one: one of its most common words is enough to recognize it.
    """
    if text.isascii():
        if len(text) < _MIN_LENGTH:
            return 0
        for word in _PATTERNS.get(expected, ()):
            if word in text:
                return expected
        return _by_words(text)
    start = text[:_EXAMINED]
    is_plain = len(start.encode("utf-8", "replace")) < 1.25 * len(start)  # Latin letters, most without accents
    if expected in _PATTERNS and is_plain:
        for word in _PATTERNS[expected]:
            if word in text:
                return expected
    upper = start.encode("utf-16-le", "replace")[1::2].translate(_BY_UPPER_BYTE)
    if (
        expected >= _FIRST_SCRIPT
        and 5 * upper.count(expected) > 3 * len(upper) >= 60
        and (expected == _KANA or upper.count(_KANA) * 8 < len(upper))
    ):
        return expected
    if upper.count(0) < len(upper) and (script := _by_script(start, upper)) is not None:
        return script
    return _by_words(text) if len(text) >= _MIN_LENGTH else 0


def detect_languages(texts: Sequence[str], expected: int) -> bytes:
    """Return `detect_language` of each text."""
    telling = _PATTERNS.get(expected)
    if telling is None:
        return bytes(detect_language(text, expected) for text in texts)
    one, two = telling[:2]  # most texts have one of these two, so most need no call
    return bytes(
        expected if (one in text or two in text) and text.isascii() else detect_language(text, expected) for text in texts
    )


def _by_script(text: str, upper: bytes) -> int | None:
    """Return the script of most letters; 0 where scripts are mixed, None where the letters are Latin."""
    counts = {script: upper.count(script) for script in set(upper) - {0}}
    kana, han = NAMES.index("Japanese"), NAMES.index("Chinese")
    if counts.get(kana, 0) * 8 >= counts.get(han, 0) and kana in counts:
        counts[kana] += counts.pop(han, 0)
    script, count = max(counts.items(), key=lambda one: one[1])
    n_latin = sum(letter.isalpha() for letter in text if letter < "\u0250")
    n_letters = n_latin + sum(counts.values())
    if n_latin >= 0.9 * n_letters:
        return None
    enough = 12 if script in (han, kana, NAMES.index("Korean"), NAMES.index("Thai")) else 20
    return script if count >= enough and count >= 0.8 * n_letters else 0


def _by_words(text: str) -> int:
    """Return the language whose function words a text has, if it has twice as many as of any other language."""
    start = text[:_EXAMINED].lower()
    hits = _ALL_WORDS.intersection(start.split())
    is_code = sum(map(start.count, "{};=<>|\\_")) * 25 > len(start)
    if len(hits) < _MIN_HITS or is_code:
        return 0
    scores = sorted(((len(hits & words), -n) for n, words in enumerate(_OF_LANGUAGE, 1)), reverse=True)
    (best, place), (second, _) = scores[0], scores[1]
    return -place if best >= _MIN_HITS and best >= 2 * second else 0
