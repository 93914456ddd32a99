"""Whether the lessons can run on this computer, and what to do where they cannot."""
