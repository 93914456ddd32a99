"""The rules that look for problems in training data, one file each: declaration, detection, finding.

Rules on single rows: `row_texts` runs `characters`, `secrets` and `personal/`. Rules on the whole set: `duplicates`,
`near_duplicates/`, `labels`, `outliers` (with `languages`), `system_prompts`, `size`. Rules on two files: `leakage`.
"""

from ftwidgets.data.rules.duplicates import Duplicates as Duplicates
from ftwidgets.data.rules.labels import Labels as Labels
from ftwidgets.data.rules.leakage import find_leaked_groups as find_leaked_groups
from ftwidgets.data.rules.leakage import find_leaked_prompts as find_leaked_prompts
from ftwidgets.data.rules.near_duplicates.rule import NearDuplicates as NearDuplicates
from ftwidgets.data.rules.outliers import Outliers as Outliers
from ftwidgets.data.rules.row_texts import REPAIRS as REPAIRS
from ftwidgets.data.rules.row_texts import RowTexts as RowTexts
from ftwidgets.data.rules.system_prompts import SystemPrompts as SystemPrompts

__all__ = [
    "REPAIRS",
    "Duplicates",
    "Labels",
    "NearDuplicates",
    "Outliers",
    "RowTexts",
    "SystemPrompts",
    "find_leaked_groups",
    "find_leaked_prompts",
]
