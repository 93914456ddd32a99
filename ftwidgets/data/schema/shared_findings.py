"""The automatic fixes of a row's form, and the kinds of findings that several modules of this package yield.

What a fix does is in `row_repair.py`; a kind that only one module yields is declared there.
"""

from ftwidgets.data.findings import FindingType, FixType

DEVELOPER_TO_SYSTEM = FixType("developer-to-system", 'write the role "developer" as "system"')
LOWER_CASE_ROLE = FixType("lower-case-role", "write roles in lower case")
DROP_UNKNOWN_KEYS = FixType("drop-unknown-keys", "take out keys that no service knows")
DROP_EMPTY_KEYS = FixType("drop-empty-keys", "take out empty optional keys")
DROP_MISPLACED_WEIGHT = FixType("drop-misplaced-weight", "take out weights of messages that are not the assistant's")
REPAIR_WEIGHT = FixType("mend-weight", "write weights as 0 or 1")
ARGUMENTS_AS_TEXT = FixType(
    "arguments-as-text", "write the arguments of a tool call as JSON in a string, as services want them"
)
DROP_BLANK_SYSTEM = FixType("drop-blank-system", "take out empty system messages")
RENAME_PREFERENCE_KEYS = FixType(
    "rename-preference-keys", "rename the answers of a preference row to the keys that services know"
)

UNKNOWN_KEY = FindingType(
    "unknown-key", "error", title="A key that no service knows",
    why="Services reject rows and messages with keys of your own, such as ids and dates.",
    fix="Delete it; keep such data in another file.", optional_repairs=(DROP_UNKNOWN_KEYS,),
)  # fmt: skip
