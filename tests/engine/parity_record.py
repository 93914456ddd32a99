"""Whether the engine is still the one whose answers were compared with those of transformers.

`python -m tests.engine.parity_record` ends with 0 if engine, weights and their tests are as they were then, else with 1;
`--write` notes them as they are now (`just parity` does, after the comparison).
"""

import sys
from pathlib import Path

from tests.fingerprint import ENGINE, WEIGHTS, fingerprint

RECORD = Path(__file__).with_name("parity_record.txt")


def made_from() -> str:
    """Return the fingerprint of what the comparison depends on."""
    return fingerprint([*ENGINE, *WEIGHTS, *Path(__file__).parent.glob("*.py"), *Path(__file__).parent.glob("*.npz")])


if __name__ == "__main__":
    if "--write" in sys.argv:
        RECORD.write_text(made_from() + "\n", encoding="utf-8")
    sys.exit(not RECORD.exists() or RECORD.read_text(encoding="utf-8").strip() != made_from())
