"""A scenario: everything that defines one simulated experiment, declared and not executed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal, get_args

import numpy as np

from fem.cycles.jumping import CycleJumping, follow
from fem.evolve import Output, StepReport, evolve, followable
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.system import Statistics
from fem.physics.light.luminescence import Light
from fem.physics.light.spectra import EmissionLine
from fem.restart import Restart
from fem.state import State

Geometry = Literal["plan view", "cross-section"]


@dataclass(frozen=True)
class Observable:
    """A number measured on every output: a column ``name [unit]`` of ``timeseries.csv``."""

    name: str
    unit: str
    measure: "Callable[[Scenario, State], float]"

    @property
    def column(self) -> str:
        """Header in ``timeseries.csv``."""
        return f"{self.name} [{self.unit}]"


@dataclass(frozen=True)
class Criterion:
    """What the experiment demands of a finished run: `lower` <= measured <= `upper`.

    `measure` sees the columns of ``timeseries.csv`` by header, each of shape (n_times,).
    """

    id: str
    quantity: str
    measure: Callable[[Mapping[str, Array]], float]
    lower: float = -inf
    upper: float = inf


@dataclass(frozen=True)
class Scenario:
    """One experiment.

    Parameters
    ----------
    model
        Film, equations and contacts.
    times
        Output times [s], rising from 0, shape (n_times,).
    light
        Illumination for PL maps; None leaves PL out.
    observables
        Columns of the time series beyond the standard ones.
    criteria
        Demands on the finished run.
    microstructure
        Facts about the film for ``run.json`` (grain statistics, mesh report), plain numbers and strings.
    geometry
        How the film is cut, for figures and profiles.
    tolerance
        Relative error per time step.
    line
        What a film of mixed halides emits, place by place: adds a map of the gap and columns of the spectrum.
    cycles
        If given, the drives repeat for ever what they do in the first period, and cycles are jumped over; outputs lie
        at the ends of cycles.
    """

    model: PoissonNernstPlanck
    times: Array
    light: Light | None = None
    observables: Sequence[Observable] = ()
    criteria: Sequence[Criterion] = ()
    microstructure: Mapping[str, object] | None = None
    geometry: Geometry = "plan view"
    tolerance: float = 1e-2
    line: EmissionLine | None = None
    cycles: CycleJumping | None = None

    def __post_init__(self) -> None:
        followable(self.model, self.times)
        if self.cycles is not None:
            self.cycles.numbers(self.times)
        if not 0 < self.tolerance < 1:
            raise ValueError(f"tolerance is the relative error per time step, between 0 and 1, got {self.tolerance:g}")
        if self.geometry not in get_args(Geometry):
            raise ValueError(f"geometry must be one of {', '.join(get_args(Geometry))}, got {self.geometry!r}")
        if self.line is not None and self.model.lattice is None:
            raise ValueError("a line over the composition needs a film of mixed halides: give the model a `lattice`")
        if self.light is not None and self.model.material.recombination is None:
            raise ValueError(f"light needs recombination constants, material {self.model.material.name!r} has none")

    def outputs(
        self,
        restart: Restart | None = None,
        on_step: Callable[[StepReport], None] | None = None,
        statistics: Statistics | None = None,
    ) -> Iterator[Output]:
        """The states of the experiment at its times, as :func:`fem.evolve.evolve` gives them."""
        if self.cycles is None:
            return evolve(self.model, self.times, self.tolerance, restart, on_step, statistics)
        return follow(self.model, self.times, self.cycles, self.tolerance, restart, (on_step, statistics))


def logarithmic_times(first: float, last: float, per_decade: int = 4) -> Array:
    """Output times [s]: 0, then logarithmically spaced from `first` to `last`.

    Raises
    ------
    ValueError
        Unless 0 < first < last and `per_decade` >= 1.
    """
    if not (0 < first < last < inf):
        raise ValueError(f"the end time must lie after the first output: first {first:g} s, end {last:g} s (t_end)")
    if per_decade < 1:
        raise ValueError(f"at least one output per decade is needed, got {per_decade}")
    count = max(2, round(np.log10(last / first) * per_decade) + 1)
    return np.concatenate([[0.0], np.geomspace(first, last, count)])
