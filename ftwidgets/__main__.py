"""`python -m ftwidgets` is the command `ftwidgets`. Left out: everything else."""

import sys

from ftwidgets.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
