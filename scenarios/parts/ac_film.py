"""A blue-emitting CsPb(Br,Cl)3 film, and the same film under other electrodes or another drive beside a run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fem.constants import eV
from fem.fields import Array
from fem.observables.composition import composition, film_spectrum
from fem.physics.contacts import Contact
from fem.physics.drives.drive import Drive
from fem.physics.drives.protocol import hold, protocol
from fem.physics.halides.band_gaps import gap_law
from fem.physics.light.spectra import EmissionLine
from fem.physics.materials import Material
from fem.scenario import Observable, Scenario
from fem.state import State

FILM = Material("CsPb(Br,Cl)3", 18.0)  # permittivity: assumption
HALIDES = {"bromide": 0.0, "chloride": 0.05 * eV}  # barrier beyond that of a bromide (assumption)
LINE = EmissionLine(gap_law("CsPb(Br,Cl)3"), 80e-3 * eV, "where they are")  # width: assumption


def one_square_cycle(amplitude: float, period: float) -> Drive:
    """`amplitude` [V] for half of the `period` [s], then the opposite; 0 V before."""
    return protocol([hold(amplitude, 0.5 * period), hold(-amplitude, 0.5 * period)])


@dataclass(frozen=True)
class Beside:
    """The film of a run under other contacts, followed at the times of the run.

    Parameters
    ----------
    scenario
        The run.
    contacts
        Of the other film.
    name
        Of the other film, in columns.
    jumped
        Whether the cycles of the run are those of the other film too; else its drives go on as they are.
    """

    scenario: Scenario
    contacts: tuple[Contact, ...]
    name: str
    jumped: bool

    @property
    def columns(self) -> tuple[Observable, ...]:
        """Shift of the emission's highest peak, bluest peak and mean change of composition."""
        return tuple(self._column(name, unit, k) for k, (name, unit) in enumerate(_MEASURED.items()))

    def _column(self, name: str, unit: str, number: int) -> Observable:
        def measure(scenario: Scenario, state: State) -> float:
            if state.time == 0:  # every film rests alike: the other one is not followed before it is needed
                return list(_measured(scenario, state).values())[number]
            return float(np.interp(state.time, self.scenario.times, self._found[:, number]))

        return Observable(f"{name}, {self.name}", unit, measure)

    @cached_property
    def _found(self) -> Array:
        """What is measured at each output, shape (n_times, n_columns)."""
        model = replace(self.scenario.model, contacts=list(self.contacts))
        other = replace(self.scenario, model=model, observables=(), criteria=())
        if not self.jumped:
            other = replace(other, cycles=None)
        return np.array([list(_measured(other, output.state).values()) for output in other.outputs()])


_MEASURED: Mapping[str, str] = {"peak": "eV", "bluest": "eV", "share mean change": "1"}


def _measured(scenario: Scenario, state: State) -> dict[str, float]:
    spectrum = film_spectrum(scenario, state)
    return {
        "peak": float(spectrum.peaks[0]) / eV,
        "bluest": float(spectrum.peaks.max()) / eV,
        "share mean change": composition(scenario, state).mean_change,
    }
