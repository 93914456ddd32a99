"""An OpenAI-shaped API in this process that really trains. Left out: serving it over a port."""

from ftwidgets.sandbox.sandbox import Sandbox as Sandbox
from ftwidgets.sandbox.sandbox import find_sandbox as find_sandbox

__all__ = ["Sandbox", "find_sandbox"]
