"""The test of a connection: list the service's models in the background, and report only what still concerns the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ftwidgets.data.text import pluralize
from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.failures import explain_wrong_service, failure_text

if TYPE_CHECKING:
    import openai

_TIMEOUT = 15.0  # seconds for a test
_NAME = "test of the connection"
_NOT_TESTED = ("not tested", "")


class ConnectionTest:
    """Tests one client at a time; `verdict` is a few words about it with the kind of their chip, `testing` whether it runs.

    What a client answers that is not the tested one any more, since another was chosen or Stop was pressed, is not shown.

    Parameters
    ----------
    tell
        Called with a sentence and its kind.
    on_error
        Called with the error of a test that `start` began.
    on_change
        Called when `verdict` or `testing` has changed.
    on_end
        Called after a test that `start` began.
    """

    def __init__(
        self,
        *,
        tell: Callable[[str, str], object],
        on_error: Callable[[Exception], object],
        on_change: Callable[[], object],
        on_end: Callable[[], object],
    ) -> None:
        self._tell, self._on_error, self._on_change, self._on_end = tell, on_error, on_change, on_end
        self._client: openai.OpenAI | None = None
        self._task: BackgroundTask[list[str]] | None = None
        self.verdict = _NOT_TESTED
        self.testing = False

    def run(self, client: openai.OpenAI, *, secret: bool) -> list[str]:
        """Return the names of the service's models; `secret` says that the client has a key, which no message may hold."""
        self._client = client
        return self._ask(client, secret=secret)

    def start(self, client: openai.OpenAI, *, secret: bool) -> None:
        """Do the same in the background."""
        self._client = client
        started: BackgroundTask[list[str]] = BackgroundTask(_NAME, on_error=lambda error: self._fail(client, error))

        def test() -> list[str]:
            try:
                return self._ask(client, secret=secret)
            finally:
                if self._task is started:
                    self.testing = False
                    self._on_change()
                    self._on_end()

        self._task, self.verdict, self.testing = started, ("testing ...", "busy"), True
        self._tell("Asking the service ...", "busy")
        self._on_change()
        started.start(test)

    def wait(self, timeout: float | None = None) -> list[str]:
        """Wait for a test that `start` began, and return its result."""
        if self._task is None:
            raise RuntimeError(f"there is nothing to wait for: the {_NAME} was not started.")
        return self._task.wait(timeout)

    def forget(self) -> None:
        """Show nothing of the test that runs or was made."""
        self._client, self.verdict, self.testing = None, _NOT_TESTED, False

    def _ask(self, client: openai.OpenAI, *, secret: bool) -> list[str]:
        import openai

        try:
            with explain_wrong_service():
                names = [model.id for model in client.with_options(timeout=_TIMEOUT, max_retries=0).models.list()]
        except openai.OpenAIError as error:
            if secret and client.api_key in f"{error} {getattr(error, 'body', '')}":
                raise FtwidgetsError(failure_text(error).replace(client.api_key, "(the key)")) from None
            raise
        if client is self._client:
            example = f", such as {names[0]}" if names and not (secret and client.api_key in names[0]) else ""
            self.verdict = (f"tested: {pluralize(len(names), 'model')}", "ok")
            self._tell(f"It works: the service lists {pluralize(len(names), 'model')}{example}.", "ok")
            self._on_change()
        return names

    def _fail(self, client: openai.OpenAI, error: Exception) -> None:
        if client is self._client:
            self.verdict = ("test failed", "wrong")
            self._on_error(error)
            self._on_change()
