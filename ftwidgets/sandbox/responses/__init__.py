"""The part of `/responses` that it takes to ask a tuned model."""

from ftwidgets.sandbox.responses.routes import Responses as Responses

__all__ = ["Responses"]
