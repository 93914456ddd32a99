"""Graders that need no model: run on one answer, or only checked. Left out: training with them."""

from ftwidgets.sandbox.graders.routes import Graders as Graders

__all__ = ["Graders"]
