"""Files that are either old or new, never half written; and who may write a results folder."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl

    _LOCKS = True
except ImportError:  # Windows has no such locks; two runs in one folder are then the user's to avoid
    _LOCKS = False

_PART = ".part"


def replace_file(path: Path, data: bytes, durable: bool = True) -> None:
    """Write `data` to `path` under a temporary name; `durable`: on disk first, against a power cut.

    Raises
    ------
    OSError
        If that fails; `path` is as before and nothing else is left then.
    """
    temporary = path.with_name(f".{path.name}{_PART}")
    temporary.unlink(missing_ok=True)  # of a killed process
    try:
        with open(temporary, "xb", opener=_open_plain) as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _open_plain(path: str, flags: int) -> int:
    """Open as asked, but never through a link."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def remove_parts(directory: Path) -> None:
    """Remove what killed processes left of :func:`replace_file` in `directory`, as far as that goes."""
    with suppress(OSError):
        for part in directory.glob(f".*{_PART}"):
            part.unlink()


def require_plain(directory: Path) -> None:
    """Raise ValueError if a link lies in the results folder `directory`: writing would follow it to anywhere."""
    for folder, subfolders, names in os.walk(directory):
        for name in sorted(subfolders + names):
            path = Path(folder, name)
            if path.is_symlink():
                where = path.relative_to(directory)
                raise ValueError(f"{directory} contains a link ({where}); a results folder holds plain files only")


def require_room(directory: Path, needed: int) -> None:
    """Raise OSError unless `directory` can hold a file of `needed` bytes, quotas and limits included.

    HDF5 does not survive a file that cannot grow, so this is found out by reserving and giving back the space.
    """
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, needed)
            elif shutil.disk_usage(directory).free < needed:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        raise OSError(
            f"no room for the fields ({needed / 2**20:.1f} MiB): {error.strerror};"
            " choose another --out, fewer outputs or a coarser mesh"
        ) from error


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Hold the results folder `directory`; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    ValueError
        If another run is writing there.
    """
    if not _LOCKS:
        yield
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        _lock(handle, directory)
        yield
    finally:
        os.close(handle)


@contextmanager
def new_folder(directory: Path, fill: Callable[[Path], None]) -> Iterator[Path | None]:
    """Make the results folder `directory` with the contents that `fill` writes, whole or not at all, and hold it.

    An earlier run there is moved aside first; its new place is handed to the block, None if there was none.

    Raises
    ------
    ValueError
        If something else than an earlier run is there.
    OSError
        If the folder cannot be made or filled; nothing is left of it then.
    """
    require_replaceable(directory)
    growing = directory.with_name(f".{directory.name}.{os.getpid()}")
    made = _make_parents(directory)
    try:
        shutil.rmtree(growing, ignore_errors=True)  # of a killed process that had our number
        growing.mkdir()
        fill(growing)
        aside = set_aside(directory)
        growing.rename(directory)
    except BaseException as error:
        shutil.rmtree(growing, ignore_errors=True)
        for parent in made:
            with suppress(OSError):
                parent.rmdir()
        if isinstance(error, OSError):
            raise OSError(f"the results folder {directory} cannot be made: {error}") from error
        raise
    with claimed(directory):
        yield aside


def require_replaceable(directory: Path) -> None:
    """Raise ValueError unless `directory` is free, empty, or the results folder of a run that has ended."""
    if not directory.exists() and not directory.is_symlink():
        return
    if not directory.is_dir():
        raise ValueError(f"{directory} exists and is not a folder: choose another --out")
    if not (directory / "run.json").is_file() and any(directory.iterdir()):
        raise ValueError(f"{directory} holds other files than those of an earlier run: choose another --out")
    with claimed(directory):
        pass


def set_aside(directory: Path) -> Path | None:
    """Rename an earlier run at `directory` to the first free of ``<name>.1``, ``<name>.2``, ...; the new path."""
    if not directory.exists():
        return None
    if not any(directory.iterdir()):
        directory.rmdir()
        return None
    number = 1
    while (aside := directory.with_name(f"{directory.name}.{number}")).exists():
        number += 1
    return directory.rename(aside)


def _lock(handle: int, directory: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"another run is writing to {directory}: wait for it, or choose another --out") from None
    except OSError:  # a network disk without locks
        return


def _make_parents(directory: Path) -> list[Path]:
    """Make the folders above `directory`; those that were missing, innermost first."""
    missing = [parent for parent in directory.parents if not parent.exists()]
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"the results folder {directory} cannot be made: {error}") from error
    return missing
