"""The parameters of the calls that look: pages, orders, filters; in the form of `parameters`.

Left out: calls that need nothing but an id.
"""

from tests.contract.journey.traveller import METADATA
from tests.contract.parameters import PARAMETERS, Parameters

INCLUDE = ["message.output_text.logprobs"]

FILTERS = {
    "files.list": Parameters(needed={}, honoured={"after": "{file}", "limit": 1, "order": "asc", "purpose": "fine-tune"}),
    "fine_tuning.jobs.list": Parameters(needed={}, honoured={"after": "{job}", "limit": 1, "metadata": METADATA}),
    "fine_tuning.jobs.list_events": Parameters(
        needed={"fine_tuning_job_id": "{job}"}, honoured={"after": "{event}", "limit": 1}
    ),
    "fine_tuning.jobs.checkpoints.list": Parameters(
        needed={"fine_tuning_job_id": "{job}"}, honoured={"after": "{checkpoint}", "limit": 1}
    ),
    "fine_tuning.checkpoints.permissions.list": Parameters(
        needed={"fine_tuned_model_checkpoint": "{tuned}"},
        honoured={"after": "{permission}", "limit": 1, "order": "ascending", "project_id": "proj_filters"},
    ),
    "chat.completions.list": Parameters(
        needed={}, honoured={"after": "{stored}", "limit": 1, "metadata": METADATA, "model": "{base}", "order": "desc"}
    ),
    "chat.completions.messages.list": Parameters(
        needed={"completion_id": "{stored}"}, honoured={"after": "{message}", "limit": 1, "order": "desc"}
    ),
    "responses.retrieve": Parameters(
        needed={"response_id": "{response}"},
        refused={"include": INCLUDE, "stream": True, "include_obfuscation": True, "starting_after": 1},
    ),
    "responses.input_items.list": Parameters(
        needed={"response_id": "{response}"},
        honoured={"after": "{item}", "limit": 1, "order": "asc"},
        refused={"include": INCLUDE},
    ),
}

ALL_PARAMETERS = {**PARAMETERS, **FILTERS}
# What the check of the journey that shows the call gives it beside what it needs.
GIVEN_BY_THE_CHECK = {
    "files.wait_for_processing": ["poll_interval", "max_wait_seconds"],
    "uploads.complete": ["md5"],
    "uploads.upload_file_chunked": ["filename", "bytes", "part_size", "md5"],
    "fine_tuning.alpha.graders.run": ["item"],
}
