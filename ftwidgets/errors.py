"""Every exception the kit raises itself, as one tree.

    FtwidgetsError
    ├── DataError          a file or a table that cannot be read as training data at all
    ├── DatasetNotFound    no bundled dataset has that name
    ├── JobError           a fine-tuning job ended without a model
    │   ├── JobFailed      the service says `failed`, with its reason
    │   └── JobCancelled   somebody cancelled it
    └── JobTimeout         the job was still going when the time given was up (it goes on)

Left out: the API's own errors. Those are the `openai` package's, so that a learner meets the real ones.
Bad rows are no exceptions either: `ftwidgets.check` returns them as findings.
"""


class FtwidgetsError(Exception):
    """Anything the kit raises itself."""


class DataError(FtwidgetsError, ValueError):
    """A file or a table that cannot be read as training data at all."""


class DatasetNotFound(FtwidgetsError, LookupError):
    """No bundled dataset has that name."""


class JobError(FtwidgetsError, RuntimeError):
    """A fine-tuning job ended without a model."""


class JobFailed(JobError):
    """The service says `failed`; the message carries its reason."""


class JobCancelled(JobError):
    """The job was cancelled before it finished."""


class JobTimeout(FtwidgetsError, TimeoutError):
    """The job was still going when the time given was up; it goes on."""
