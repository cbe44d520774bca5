"""Streams the outputs of a run into its folder: fields, then the row of the time series, now and then a checkpoint.

The checkpoint counts outputs that are completely written, so a run killed at any time is resumed from there and writes
what came later again. A fast run makes many outputs in :data:`CHECKPOINT_EVERY` and only one checkpoint: no more than
that time is lost.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from time import monotonic

from fem.evolve import Output
from fem.observables.maps import Map, fixed_maps, standard_maps
from fem.observables.observables import standard_observables
from fem.observables.regions import REGION, regions
from fem.scenario import Observable, Scenario
from fem.storage.checkpoint import Checkpoint, Fingerprint, save_checkpoint
from fem.storage.files import require_room
from fem.storage.timeseries import TimeSeriesWriter, truncate_timeseries
from fem.storage.vtkhdf import FieldLayout, FieldSeriesWriter

FIELDS = "fields.vtkhdf"
TIMESERIES = "timeseries.csv"
CHECKPOINT_EVERY = 1.0  # [s] of wall time, at least


@dataclass(frozen=True)
class Plan:
    """What is written on every output of `scenario`."""

    scenario: Scenario
    observables: Sequence[Observable]
    maps: Sequence[Map]

    @classmethod
    def of(cls, scenario: Scenario) -> "Plan":
        """Standard columns and maps, tried on the initial state so that a mistake shows before anything is written.

        Raises
        ------
        ValueError
            If an observable or a quencher names something that the model does not have.
        """
        plan = cls(scenario, standard_observables(scenario), standard_maps(scenario))
        state = scenario.model.initial_state()
        for observable in plan.observables:
            float(observable.measure(scenario, state))
        for item in plan.maps:
            item.measure(scenario, state)
        return plan

    @property
    def layout(self) -> FieldLayout:
        """Layout of the field series."""
        names = {REGION: regions(self.scenario.model.mesh)[0]}
        return FieldLayout(self.maps, fixed_maps(self.scenario), len(self.scenario.times), names)

    def units(self) -> dict[str, str]:
        """Unit of every field, for ``run.json``."""
        fixed = {name: unit for name, (unit, _) in self.layout.fixed.items()}
        return {item.name: item.unit for item in self.maps} | fixed

    def create_files(self, directory: Path) -> None:
        """New, still empty, field and time series.

        Raises
        ------
        OSError
            If the disk has no room for the run.
        """
        mesh, layout = self.scenario.model.mesh, self.layout
        require_room(directory, layout.bytes_needed(mesh))
        FieldSeriesWriter.create(directory / FIELDS, mesh, layout).close()
        with TimeSeriesWriter.create(directory / TIMESERIES, [item.column for item in self.observables]):
            pass

    def truncate_files(self, directory: Path, outputs: int) -> None:
        """Cut both series back to their first `outputs`.

        Raises
        ------
        ValueError
            If one of them is missing, damaged or shorter.
        """
        try:
            truncate_timeseries(directory / TIMESERIES, outputs)
            with FieldSeriesWriter(directory / FIELDS) as fields:
                fields.truncate(outputs)
        except (OSError, KeyError) as error:
            raise ValueError(f"the series in {directory} cannot be continued: {error}") from error


@dataclass
class Recorder:
    """Open files of a run, and what is not yet in its checkpoint."""

    plan: Plan
    directory: Path
    fields: FieldSeriesWriter
    rows: TimeSeriesWriter
    fingerprint: Fingerprint
    _unsaved: Checkpoint | None = None
    _saved_at: float = -inf

    def write(self, output: Output) -> list[float]:
        """Write one output; returns the row of the time series."""
        scenario, state = self.plan.scenario, output.state
        if output.model is not scenario.model:  # a film that heats itself
            scenario = replace(scenario, model=output.model)
        self.fields.append(state.time, {item.name: item.measure(scenario, state) for item in self.plan.maps})
        row = [item.measure(scenario, state) for item in self.plan.observables]
        self.rows.append(row)
        self._unsaved = Checkpoint(output.restart, output.statistics)
        return row

    def save_if_due(self) -> bool:
        """Save a checkpoint behind the last output, unless the one before is recent; returns whether that was done."""
        if monotonic() - self._saved_at < CHECKPOINT_EVERY:
            return False
        self.save()
        return True

    def save(self) -> None:
        """Save a checkpoint behind the last output, if it has none."""
        if self._unsaved is not None:
            save_checkpoint(self.directory, self.fingerprint, self._unsaved)
            self._unsaved, self._saved_at = None, monotonic()


@contextmanager
def recording(plan: Plan, directory: Path) -> Iterator[Recorder]:
    """Recorder that appends to the series in `directory`; in the end, good or bad, everything is in the checkpoint."""
    with ExitStack() as stack:
        fields = stack.enter_context(FieldSeriesWriter(directory / FIELDS))
        rows = stack.enter_context(TimeSeriesWriter(directory / TIMESERIES))
        recorder = Recorder(plan, directory, fields, rows, Fingerprint.of(plan.scenario))
        try:
            yield recorder
        except BaseException:
            with suppress(OSError):  # a full disk may be why the run ends
                recorder.save()
            raise
        recorder.save()
