"""The rules that look for problems in training data, one file each: declaration, detection, finding.

Rules on single rows: `text_rules`, which runs `characters`, `secrets` and `personal/`, and `too_long`. Rules on the whole set:
`duplicates`, `near_duplicates/`, `labels`, `outliers`, `languages`, `system_prompts`. Rules on two files: `leakage`.
"""

from ftwidgets.data.rules.duplicates import Duplicates as Duplicates
from ftwidgets.data.rules.labels import Labels as Labels
from ftwidgets.data.rules.languages import Languages as Languages
from ftwidgets.data.rules.leakage import find_leaked_groups as find_leaked_groups
from ftwidgets.data.rules.leakage import find_leaked_prompts as find_leaked_prompts
from ftwidgets.data.rules.near_duplicates.rule import NearDuplicates as NearDuplicates
from ftwidgets.data.rules.outliers import Outliers as Outliers
from ftwidgets.data.rules.system_prompts import SystemPrompts as SystemPrompts
from ftwidgets.data.rules.text_rules import REPAIRS as REPAIRS
from ftwidgets.data.rules.text_rules import TextRules as TextRules
from ftwidgets.data.rules.too_long import TooLong as TooLong
