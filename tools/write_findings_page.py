"""Write the words of docs/findings.md anew from the declarations in the code: `python tools/write_findings_page.py`.

Of each section the level, the title, why it matters, what to do and the automatic fixes are written; the order of the sections,
their examples and everything else on the page stays. A kind without a section, or a section without a kind, is an error.
"""

import re
from pathlib import Path

from ftwidgets.data.findings import FindingType, finding_types

PAGE = Path(__file__).parents[1] / "docs" / "findings.md"
_SECTION = re.compile(r"(?<=^### )([a-z0-9-]+)\n\*\*.*\n\n(```\w+\n(?:.*\n)+?```)\n\nWhat to do: .*$", re.MULTILINE)


def rewritten(page: str) -> str:
    """Return the page with the words of every section as declared."""
    kinds = dict(finding_types())

    def section(match: re.Match[str]) -> str:
        return _words(kinds.pop(match[1]), match[2])

    text = _SECTION.sub(section, page)
    if kinds:
        raise ValueError(f"these kinds have no section with an example: {', '.join(kinds)}")
    return text


def _words(kind: FindingType, example: str) -> str:
    levels = " or ".join(filter(None, (kind.level, kind.other_level))).capitalize()
    fixes = " or ".join(f"`{fix.name}`" for fix in ((kind.repair,) if kind.repair else kind.optional_repairs))
    automatic = f" Automatic fix{'' if kind.repair else ' of some'}: {fixes}." if fixes else ""
    return f"{kind.id}\n**{levels}: {kind.title}.** {kind.why}\n\n{example}\n\nWhat to do: {kind.fix}{automatic}"


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
