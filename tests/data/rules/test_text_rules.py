# ruff: noqa: RUF001 - strange characters are the subject
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftwidgets.data.rows import Row, RowBatch, TrainingRow
from ftwidgets.data.rules import REPAIRS, Outliers, TextRules

PIECES = [
    "joe@firma.de", "@", "a@b.cd", "+49 30 901820", "(212) 736-5000", "4242 4242 4242 4242", "4242424242424242", " ", "\n", "-",
    "password: hunter2", "api_key=", "9f8e7d6c5b4a39281706", "://user:s3cr3tPw@host.de", "sk-", "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "Ã¼", "â€™", "\x92", "\x9d", "\x00", "\x1b[31m", "\u200b", "\u200d", "👩", "\ufe0f", "\ud83d", "\ude00",
    "\U000e0041", "\U0001f3f4",
    "\u202e", "א", "क", "tel: ", "0", "030", "[phone]", "[secret]", "x", "é", "Р", "С", ".",
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(st.characters(), max_size=60),
    st.text(st.characters(exclude_categories=()), max_size=30),
)
FIXED_BY = {
    "control-character": "drop-control-characters",
    "invisible-character": "drop-invisible-characters",
    "half-character": "drop-half-characters",
    "mojibake": "mend-mojibake",
    "secret": "redact-secrets",
    "card-number": "redact-card-numbers",
    "email-address": "redact-email-addresses",
    "phone-number": "redact-phone-numbers",
}


def found(text):
    """Return the faults of a text, as a completion."""
    return [fault for _, fault in TextRules().update(RowBatch(0, [TrainingRow(Row(1, 1, 1, None), "", text)]))]


def test_each_finding_with_a_repair_names_one_that_exists():
    """The repairs are those that the findings name, no more and no fewer."""
    assert set(REPAIRS) == set(FIXED_BY.values())


@settings(max_examples=400, deadline=None)
@given(text=TEXTS)
def test_any_text_ends_in_findings_with_short_excerpts(text):
    """No text raises, halves of characters included; what is found names its repair."""
    for fault in found(text):
        assert fault.repair == FIXED_BY.get(fault.id)
        assert fault.message.isprintable()
        assert fault.excerpt is not None
    rule = Outliers()
    assert list(rule.update(RowBatch(0, [TrainingRow(Row(1, 1, 1, None), text, text)] * 24))) == []
    for _, fault in rule.finalize(None):
        assert fault.message.isprintable()


@settings(max_examples=400, deadline=None)
@given(text=TEXTS, name=st.sampled_from(sorted(REPAIRS)))
def test_a_repair_is_idempotent_and_leaves_nothing_for_its_rule(text, name):
    """Repairing twice is repairing once, and the rule that named the repair then finds nothing."""
    repair = REPAIRS[name]
    once = repair(text)
    assert repair(once) == once
    assert [fault.id for fault in found(once) if fault.repair == name] == []


@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_a_repair_touches_only_what_was_found(text):
    """Where the rule finds nothing, its repair changes nothing, except where the look is coarser than the repair."""
    named = {fault.repair for fault in found(text)}
    for name in ("drop-control-characters", "drop-invisible-characters", "drop-half-characters", "mend-mojibake"):
        if name not in named and "mend-mojibake" not in named:
            assert REPAIRS[name](text) == text


HOSTILE = [
    "a", "0", "@", "a@", "a.", "a@a.", "-", "=", ":", "/", "://", "://a:",
    "+1 ", "0 ", "00 ", "01 23 ", "(0", "4242 ", "sk-", "-eyJ", "eyJaaaaaaaa.",
    "eyJaaaaaaaaaa.eyJaaaaaaaaaa.", "password:", "password: ", "pass=", "Bearer ", "Bearer a",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----a-----END PRIVATE KEY-----", "-----END PRIVATE KEY-----", "\x1b[", "\u200b",
    "\u200d", "👩\u200d", "Ã", "Ã©",
    "РС", "\ud800", " ", "\n", "tel ", "call me at ", "tel: 1",
    "SG.", ":AA", "1:AA", "hooks.slack.com/services/T", "a-a.", "xn--", "é@é.é", "\U000e0041",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_length_of_the_text_and_no_faster(piece):
    """Eight times the text takes about eight times as long, whatever it repeats: 100,000 characters, no explosion."""

    def seconds(length):
        text = (piece * length)[:length]
        best = float("inf")
        for _ in range(2):
            begin = time.process_time()
            found(text)
            best = min(best, time.process_time() - begin)
        return best

    long = seconds(100_000)
    assert long < 0.5 or long < 24 * seconds(12_500), f"{long:.2f} s"
