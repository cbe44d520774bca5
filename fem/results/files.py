"""Files that are either old or new, never half written; and who may write a results folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such locks; two runs in one folder are then the user's to avoid
    fcntl = None  # type: ignore[assignment]


def replace_file(path: Path, data: bytes) -> None:
    """Write `data` to `path` under a temporary name, on disk before the name is given."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Hold the results folder `directory`; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    ValueError
        If another run is writing there.
    """
    with (directory / ".lock").open("w") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ValueError(f"another run is writing to {directory}: wait for it, or choose another --out") from None
        yield


def set_aside(directory: Path) -> Path | None:
    """Rename the folder of an earlier run at `directory` to the first free of ``<name>.1``, ``<name>.2``, ...

    Returns
    -------
    The new path, or None if there was nothing to rename.

    Raises
    ------
    ValueError
        If there is something else than a results folder, or another run is still writing to it.
    """
    if not directory.exists() and not directory.is_symlink():
        return None
    if not directory.is_dir():
        raise ValueError(f"{directory} exists and is not a folder: choose another --out")
    if not any(directory.iterdir()):
        directory.rmdir()
        return None
    if not (directory / "run.json").is_file():
        raise ValueError(f"{directory} holds other files than those of an earlier run: choose another --out")
    with claimed(directory):
        pass
    number = 1
    while (aside := directory.with_name(f"{directory.name}.{number}")).exists():
        number += 1
    directory.rename(aside)
    return aside
