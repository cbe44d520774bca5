"""A display for programs that have to open a window where there is no screen: an X server without one."""

import os
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

PATIENCE = 120.0  # for the start of the server on a busy machine [s]


@contextmanager
def display() -> Iterator[Mapping[str, str]]:
    """Variables that lead a program to a display of its own, or to that of this session where there is no Xvfb.

    The server itself picks a number that is free and tells it (``-displayfd``) once it takes connections; it does not
    start anew when its last client leaves (``-noreset``), which would turn away the next one.
    """
    server = shutil.which("Xvfb")
    if server is None:
        yield os.environ
        return
    told, tell = os.pipe()
    command = [server, "-displayfd", str(tell), "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, pass_fds=[tell], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        try:
            os.close(tell)
            yield {**os.environ, "DISPLAY": f":{_number(told, running)}"}
        finally:
            running.terminate()
            os.close(told)


def _number(told: int, server: subprocess.Popen[bytes]) -> int:
    """What the server tells, which it ends with a new line."""
    text = b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([told], [], [], PATIENCE)
        piece = os.read(told, 16) if ready else b""
        if not piece:  # silent, or gone
            server.terminate()
            raise RuntimeError(f"Xvfb told no display in {PATIENCE:g} s: {server.communicate()[1].decode()}")
        text += piece
    return int(text)
