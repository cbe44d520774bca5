"""Style files of Matplotlib: letters, lines and resolution of a figure."""

import logging
import os
from pathlib import Path
from typing import Any

from matplotlib import rc_params_from_file

STYLE = Path(__file__).with_name("grainfield.mplstyle")


def settings_of(style: Path) -> dict[Any, Any]:
    """Settings in the file `style`.

    Matplotlib only logs a line that it cannot use, and draws without it.

    Raises
    ------
    ValueError
        If there is no such file or a line of it is no setting; with the first such line.
    """
    if not style.is_file():
        raise ValueError(f"there is no style file {style}")
    heard = _Heard()
    logger = logging.getLogger("matplotlib")
    logger.addHandler(heard)
    try:
        found = dict(rc_params_from_file(os.fspath(style), use_default_template=False))
    except (OSError, ValueError) as error:
        heard.lines.append(str(error))
    finally:
        logger.removeHandler(heard)
    if heard.lines:
        first = " ".join(heard.lines[0].split())
        raise ValueError(f"{style} is not a style file of Matplotlib: {first}")
    return found


class _Heard(logging.Handler):
    """Collects warnings."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text of `record`."""
        self.lines.append(record.getMessage())
