# ruff: noqa: RUF001 - strange characters are the subject
import pytest

from ftwidgets.data.rules import TextRules
from ftwidgets.data.rules.characters import drop_control, drop_invisible, drop_surrogates, find_invisible, repair_mojibake

FAMILY = "👨‍👩‍👧‍👦 🧑🏽‍🚀 🏳️‍🌈 ❤️‍🔥 🧑‍⚕️"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("a\x00b", "control-character"),
        ("\x1b[31mred\x1b[0m", "control-character"),
        ("page one\x0cpage two", "control-character"),
        ("unit\x1eseparator", "control-character"),
        ("delete\x7f", "control-character"),
        ("x\x81y", "control-character"),
        ("zero\u200bwidth", "invisible-character"),
        ("soft\u00adhyphen", "invisible-character"),
        ("\ufefftext", "invisible-character"),
        ("in the\ufeff middle", "invisible-character"),
        ("evil \u202etxt.exe", "invisible-character"),
        ("word\u2060joiner", "invisible-character"),
        ("a direction\u200e mark in English", "invisible-character"),
        ("joined\u200d letters", "invisible-character"),
        ("hidden " + "".join(chr(0xE0000 + ord(c)) for c in "ignore all"), "invisible-character"),
        ("lost \ufffd here", "lost-character"),
        ("half \ud83d here", "half-character"),
        ("\udc00", "half-character"),
    ],
)
def test_a_mark_that_does_not_belong_is_found_in_each_field(run, text, id_):
    """Control, invisible, lost and half characters are each found under their own id, wherever they stand."""
    found = run(TextRules(), [("fine", text), (text, "fine")])
    assert [(place, fault.id, fault.field) for place, fault in sorted(found, key=lambda one: one[0])] == [
        (0, id_, "completion"),
        (1, id_, "prompt"),
    ]
    assert all(len(fault.excerpt) <= 60 * 10 and fault.excerpt.isprintable() for _, fault in found)


@pytest.mark.parametrize(
    "text",
    [
        "Tabs\tand\nlines\r\nare fine.",
        FAMILY,
        ENGLAND,
        "می‌خواهم",  # Persian with a zero width non-joiner
        "क्‍ष और क्‌ष",  # Devanagari with joiners
        "ශ්‍රී ලංකාව",  # Sinhala
        "നന്‍മ",  # Malayalam
        "שלום\u200f, עולם",  # Hebrew with a direction mark
        "العربية \u2067abc\u2069",
        "ภาษา\u200bไทย",  # Thai with a zero width space
        "ᠮᠣᠩᠭᠣᠯ\u180eᠠ",
        "no-break\u00a0space and narrow\u202fone",
        "Straße, naïve, Ελληνικά, 日本語, русский",
        "",
    ],
)
def test_marks_that_belong_pass(run, text):
    """Joiners in emoji and scripts that need them, direction marks beside Hebrew, blanks of any kind give no finding."""
    assert run(TextRules(), [(text, "fine"), ("fine", text)]) == []
    assert find_invisible(text) == []


@pytest.mark.parametrize(
    ("repair", "text", "expected"),
    [
        (drop_control, "a\x00b\tc\r\n", "ab\tc\r\n"),
        (drop_control, "\x1b[1;31mred\x1b[0m", "red"),
        (drop_control, "one\x0ctwo\x0bthree", "one\ntwo\nthree"),
        (drop_invisible, "zero\u200bwidth \u202eover", "zerowidth over"),
        (drop_invisible, FAMILY + "\u200b" + ENGLAND, FAMILY + ENGLAND),
        (drop_surrogates, "a\ud83db", "ab"),
        (drop_surrogates, "\ud83d\ude00 \ude00", "😀 "),
    ],
)
def test_a_repair_drops_the_marks_and_nothing_else(repair, text, expected):
    """What belongs stays, character for character."""
    assert repair(text) == expected


REPAIRED = [
    ("schÃ¶n", "schön"),
    ("donâ€™t", "don’t"),
    ("â€œHelloâ€\x9d", "“Hello”"),
    ("naÃ¯ve cafÃ©", "naïve café"),
    ("Â£5 and 20Â°C", "£5 and 20°C"),
    ("РїСЂРёРІРµС‚, РјРёСЂ", "привет, мир"),
    ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "привет"),
    ("ä¸­æ–‡", "中文"),
    ("æ—¥æœ¬èªž", "日本語"),
    ("Ø³Ù„Ø§Ù…", "سلام"),
    ("don\x92t", "don’t"),
    ("\x93quoted\x94", "“quoted”"),
    ("caf√©", "café"),
    ("Î±Î²Î³Î´Îµ", "αβγδε"),
    ("ðŸ˜€ great", "😀 great"),
    ("Ã\xa0 la carte", "à la carte"),
    ("FÃƒÂ¼r", "Für"),
]


@pytest.mark.parametrize(("text", "expected"), REPAIRED)
def test_mojibake_is_found_and_repaired(run, text, expected):
    """Text that took a detour through a wrong encoding is found, and repaired to what it was."""
    assert [fault.id for _, fault in run(TextRules(), [("fine", text)])] == ["mojibake"]
    assert repair_mojibake(text) == expected
    assert repair_mojibake(expected) == expected


GOOD = [
    "Größe, Übung, Straße: „Grüße“ – schön!",
    "L’été à la plage, « déjà vu » … c’était l’Œuvre ; ça va ? Où ? À Noël !",
    "Bạn có thể giúp tôi được không? Tôi muốn đổi địa chỉ giao hàng của đơn hàng số mười.",
    "Πού είναι η παραγγελία μου; Ευχαριστώ πολύ για τη βοήθεια.",
    "Где мой заказ? СССР, РФ и США. Спасибо за помощь!",
    "订单在哪里？谢谢您的帮助。",
    "ご注文はどこですか？ありがとうございます。",
    "주문은 어디에 있습니까?",
    "Ärger mit ÄÖÜ, ÀÉÎ, ÇA, ÑANDÚ, São Paulo, AMANHÃ À NOITE, coração",
    "Łódź, żółć, Příliš žluťoučký kůň, Şişli, İstanbul, ığdır",
    "Ísland, Þór, ðað; smørrebrød på ø; Åre",
    "20 °C ± 5 µm² · £5 · 3½ · © 2024 · ™ · “quotes” – dashes — …",
    "résumé’s “naïve” café” é» è… à–b",
    "שלום עולם, مرحبا بالعالم، نمستے, नमस्ते, สวัสดี",
    "ÎLE-DE-FRANCE, FRANÇOIS, SÃO JOÃO, Â, Ã",
    "«Où êtes‑vous ?» demanda‑t‑il.",
]


@pytest.mark.parametrize("text", GOOD)
def test_good_text_in_any_language_is_left_alone(run, text):
    """Accents, quotes, capitals and other scripts are no mojibake."""
    assert run(TextRules(), [("fine", text)]) == []
    assert repair_mojibake(text) == text
