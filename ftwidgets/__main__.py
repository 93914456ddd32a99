"""`python -m ftwidgets` runs the command `ftwidgets`."""

import sys

from ftwidgets.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
