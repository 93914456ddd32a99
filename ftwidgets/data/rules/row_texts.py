"""The rules on single texts, applied to every prompt, completion and system prompt.

Each rule is a file of its own: `characters`, `mojibake`, `secrets`, `personal/`, `echo`. `prefilter` selects the few texts of
a batch that they must read. Left out: what only the whole set shows (`outliers`).
"""

import re
from collections.abc import Callable, Iterator, Sequence

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import RowBatch, RowLookup
from ftwidgets.data.rules import characters, mojibake, secrets
from ftwidgets.data.rules.echo import check_echo
from ftwidgets.data.rules.personal import cards, emails, phones
from ftwidgets.data.rules.prefilter import select_candidates

# In the order in which they are best applied: text is repaired before it is searched, cards are replaced before phone numbers.
REPAIRS: dict[str, Callable[[str], str]] = {
    characters.DROP_HALF_CHARACTERS.name: characters.drop_surrogates,
    mojibake.MEND_MOJIBAKE.name: mojibake.repair_mojibake,
    characters.DROP_CONTROL_CHARACTERS.name: characters.drop_control,
    characters.DROP_INVISIBLE_CHARACTERS.name: characters.drop_invisible,
    secrets.REDACT_SECRETS.name: secrets.redact_secrets,
    cards.REDACT_CARD_NUMBERS.name: cards.redact_cards,
    emails.REDACT_EMAIL_ADDRESSES.name: emails.redact_emails,
    phones.REDACT_PHONE_NUMBERS.name: phones.redact_phones,
}
"""The automatic fixes of single texts: each is idempotent and changes nothing but what its rule finds."""

# Non-ASCII characters that `characters` looks for: C1 controls, invisible and replacement characters, surrogates.
_SPECIAL = re.compile(
    "[\x80-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd\ud800-\udfff\U000e0000-\U000e007f]"
)


class RowTexts:
    """The rules on single texts. A constant system prompt, which all rows share, is checked once."""

    def __init__(self) -> None:
        self._shared: dict[str, None] = {}  # constant system prompts, as an ordered set

    def update(self, batch: RowBatch) -> Iterator[tuple[int, Finding]]:
        """Yield what is wrong with the texts of single rows."""
        rows, n = batch.rows, len(batch.rows)
        own = [index for index, row in enumerate(rows) if row.own_system and row.system]
        if not own:
            shared = {row.system for row in rows} - {None}
            self._shared.update((text, None) for text in shared if text)
        else:
            self._shared.update((row.system, None) for row in rows if row.system and not row.own_system)
        texts = [*batch.prompts, *batch.completions, *(rows[index].system or "" for index in own)]
        fields = ["prompt"] * n + ["completion"] * n + ["system"] * len(own)
        for index, finding in check_texts(texts, fields):
            yield (own[index - 2 * n] if index >= 2 * n else index % n), finding
        yield from check_echo(batch)

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield what is wrong with system prompts that rows share."""
        for _, finding in check_texts(list(self._shared), ["system"] * len(self._shared)):
            yield None, finding


def check_texts(texts: Sequence[str], fields: Sequence[str]) -> Iterator[tuple[int, Finding]]:
    """Yield (index, finding) for what the rules on single texts find.

    Parameters
    ----------
    texts
        The texts to check.
    fields
        Of each text whether it is a `prompt`, a `completion` or a `system` prompt.
    """
    if not texts:
        return
    candidates = select_candidates(texts)
    in_urls = [i for i in candidates.at_sign if "://" in texts[i]]  # passwords in addresses
    for indices, rules in (
        (candidates.control, (characters.check_control,)),
        (sorted({*candidates.secret, *in_urls}), (secrets.check_secrets,)),
        (candidates.digits, (cards.check_cards, phones.check_phones)),
        (candidates.at_sign, (emails.check_emails,)),
    ):
        for i in indices:
            for rule in rules:
                yield from ((i, finding) for finding in rule(texts[i], fields[i]))
    for i in candidates.non_ascii:
        repaired = mojibake.repair_mojibake(texts[i])
        if repaired != texts[i]:
            yield from ((i, finding) for finding in mojibake.check_mojibake(texts[i], fields[i]))
        if _SPECIAL.search(repaired):  # what the repair of mojibake removes is not reported twice
            control = () if i in candidates.control else (characters.check_control,)
            for rule in (*control, characters.check_invisible, characters.check_lost, characters.check_surrogates):
                yield from ((i, finding) for finding in rule(repaired, fields[i]))
