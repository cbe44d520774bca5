"""Where results go, checked before anything is computed."""

import os
import tempfile
from pathlib import Path


def require_makeable(folder: Path, what: str) -> None:
    """Refuse a folder that cannot be made or written; nothing is left behind.

    Raises
    ------
    ValueError
        Naming `what` was to go there and the reason.
    """
    nearest = next(parent for parent in (folder, *folder.absolute().parents) if os.path.lexists(parent))
    try:
        tempfile.TemporaryDirectory(dir=nearest).cleanup()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise ValueError(f"{what} cannot be made in {nearest}: {reason}; choose another --out") from error
