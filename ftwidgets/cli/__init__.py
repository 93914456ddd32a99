"""The command `ftwidgets`. Its commands `lab` and `reset` are in `ftwidgets.lessons`, `doctor` is in `ftwidgets.health`."""
