"""Names for new things, in the shapes the service uses: `file-…`, `ftjob-…`, `ftevent-…`, `ftckpt_…`, `ft:…`.

Left out: what the names point at.
"""

from __future__ import annotations

import secrets
import string

_BASE62 = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """Make a fresh name: the prefix and so many random letters and digits."""
    return prefix + "".join(secrets.choice(_BASE62) for _ in range(length))


def tuned_name(base: str, suffix: str | None) -> str:
    """Name a tuned model as the service does: `ft:<base>:personal:<suffix or empty>:<8 characters>`."""
    return f"ft:{base}:personal:{suffix or ''}:{new_id('', 8)}"


def base_of(model: str) -> str:
    """Tell which base model a name goes back to (a base model's own name is itself)."""
    return model.split(":")[1] if model.startswith("ft:") else model
