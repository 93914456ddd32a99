"""An OpenAI-shaped API in this process that really trains. Left out: serving it over a port."""

from ftwidgets.sandbox.sandbox import Sandbox as Sandbox

__all__ = ["Sandbox"]
