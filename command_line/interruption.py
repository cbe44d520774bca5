"""Ctrl-C that is not lost.

Python drops an exception that leaves a weak reference's callback or a ``__del__``, and a KeyboardInterrupt may well
arise in one. So Ctrl-C is remembered as well as raised, and asked for again after every time step.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


class _Remembering:
    """Handler of Ctrl-C that raises KeyboardInterrupt and remembers that it did."""

    asked = False

    def __call__(self, number: int, frame: "FrameType | None") -> None:
        self.asked = True
        raise KeyboardInterrupt


@contextmanager
def ctrl_c_remembered() -> Iterator[None]:
    """Remember Ctrl-C within the block; nothing changes outside the main thread or where Ctrl-C is ignored."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    reported = sys.unraisablehook
    sys.unraisablehook = lambda dropped: None if dropped.exc_type is KeyboardInterrupt else reported(dropped)
    signal.signal(signal.SIGINT, _Remembering())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = reported


def stop_if_asked() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed in the block of :func:`ctrl_c_remembered`."""
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, _Remembering) and handler.asked:
        raise KeyboardInterrupt
