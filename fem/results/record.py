"""Runs a scenario into a results folder, or continues one that was stopped or killed.

The folder is made when everything has been validated, and is readable from then on, whatever happens to the process.
"""

import shutil
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from fem.evolve import StepReport, evolve
from fem.results.checkpoint import Checkpoint, load_checkpoint
from fem.results.figures import draw_figures
from fem.results.files import claimed, set_aside
from fem.results.recorder import FIELDS, TIMESERIES, Plan, recording
from fem.results.report import write_report
from fem.results.run_record import (
    RunIdentity,
    Status,
    judge,
    peak_memory,
    read_record,
    references,
    versions,
    write_record,
)
from fem.results.series import FieldSeries
from fem.results.summary import Summary, describe
from fem.results.timeseries import read_timeseries
from fem.scenario import Scenario

OnStep = Callable[[StepReport], None]
