"""Graders that need no model: run on one answer, or only checked. Left out: training with them."""

from ftwidgets.sandbox.api.graders.graders import Graders as Graders

__all__ = ["Graders"]
