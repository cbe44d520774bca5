"""Grainfield's command line: ``python run.py list`` shows the scenarios, ``python run.py SCENARIO`` runs one."""

import os
import sys


def _main() -> int:
    try:
        from command_line.app import main
    except KeyboardInterrupt:
        return 130
    return main(sys.argv[1:])


if __name__ == "__main__":
    code = _main()
    sys.stdout.flush()
    sys.stderr.flush()
    if code == 1:
        os._exit(code)  # HDF5 crashes in its own tidying up after a file that could not be written
    sys.exit(code)
