"""The routes of graders: run on one answer, or only validated."""

from ftwidgets.sandbox.api.graders.grader_routes import Graders as Graders

__all__ = ["Graders"]
