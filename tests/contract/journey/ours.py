"""The sandbox as a target, set up as the service is: it knows one key and has rate limits (large ones).

Left out: everything else that can go wrong on demand.
"""

import httpx2

from ftwidgets.sandbox import Sandbox
from tests.contract.journey.traveller import Target


def our_target(sandbox: Sandbox) -> Target:
    """Set a sandbox up and make it a target."""
    target = Target(sandbox.base_url, "nano-2026-11", http=lambda: httpx2.Client(transport=sandbox.transport()))
    sandbox.faults.key_required(target.key)
    sandbox.faults.rate_limit(requests_per_minute=100_000, tokens_per_minute=100_000_000)
    return target
