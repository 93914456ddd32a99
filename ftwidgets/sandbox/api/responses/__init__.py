"""The part of `/responses` that it takes to ask a tuned model."""

from ftwidgets.sandbox.api.responses.responses import Responses as Responses

__all__ = ["Responses"]
