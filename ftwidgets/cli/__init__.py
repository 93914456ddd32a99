"""The command `ftwidgets`: a file for each of its commands."""
