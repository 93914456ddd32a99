"""The routes of responses, as far as a text model needs them."""

from ftwidgets.sandbox.api.responses.responses import Responses as Responses

__all__ = ["Responses"]
