"""Every exception the kit raises itself, as one tree.

    FtwidgetsError
    ├── DataError          a file or a table that cannot be read as training data at all
    ├── DatasetNotFound    no bundled dataset has that name
    ├── JobError           a fine-tuning job ended without a model
    │   ├── JobFailed      the service reports `failed`, with its reason
    │   └── JobCancelled   somebody cancelled it
    ├── JobTimeout         a wait ended before the job did (the job goes on)
    ├── SandboxClosed      the sandbox behind a client was closed
    └── ModelError         a model cannot be found, added, stored, removed or exported

Errors of the API are the `openai` package's own, so a learner meets the real ones.
Bad rows raise nothing: `ftwidgets.check` returns them as findings.
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
    """The service reports `failed`; the message contains its reason."""


class JobCancelled(JobError):
    """The job was cancelled before it finished."""


class JobTimeout(FtwidgetsError, TimeoutError):
    """A wait ended before the job did; the job goes on."""


class SandboxClosed(FtwidgetsError, RuntimeError):
    """The sandbox behind a client was closed: no request to it can succeed."""


class ModelError(FtwidgetsError, ValueError):
    """A model cannot be found, added, stored, removed or exported."""
