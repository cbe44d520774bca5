"""Grainfield's command line: ``python run.py list`` shows the scenarios, ``python run.py SCENARIO`` runs one."""

import os
import sys

from command_line.app import main

if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    if code == 1:
        os._exit(code)  # HDF5 crashes in its own tidying up after a file that could not be written
    sys.exit(code)
