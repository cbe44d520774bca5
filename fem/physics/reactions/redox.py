"""Two electrons, one after the other: lead(2+) to lead(0) by way of lead(+).

    Pb2+ + e-  <->  Pb+     C1 (n c_2 - n1 c_1)
    Pb+  + e-  <->  Pb0     C2 (n c_1 - n2 c_0)

n1 and n2 are the densities of electrons with the Fermi level at each transition level. The middle state is short-lived
and in balance, which leaves

    R = C1 C2 (n^2 c_2 - n1 n2 c_0) / (C1 n1 + C2 n)

With the first level above the conduction band (0.08 eV) and the second in the gap (0.47 eV), n1 is some twenty times
the density of states: below that the rate goes with n^2, and lead is reduced where electrons are injected, not by the
few that light makes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fem.fields import Array, Field
from fem.physics.reactions.rate_laws import product
from fem.physics.reactions.reaction import Rate


@dataclass(frozen=True)
class TwoElectronCapture:
    """Reduction of an ion by two electrons through a short-lived middle state.

    Parameters
    ----------
    ion, neutral
        Populations c_2 and c_0.
    first_capture, second_capture
        C1, C2 [m^3/s].
    first_level, second_level
        n1, n2 [1/m^3], see :func:`~fem.physics.reactions.trap_recombination.level_density`.
    electron
        Name of the population.
    """

    ion: str
    neutral: str
    first_capture: Field
    second_capture: Field
    first_level: Field
    second_level: Field
    electron: str = "electron"
    positive: frozenset[str] = field(default=frozenset({"C1", "C2", "n1"}), init=False)
    conditions: frozenset[str] = field(default=frozenset(), init=False)

    @property
    def populations(self) -> tuple[str, ...]:
        """Electrons, ion and neutral."""
        return (self.electron, self.ion, self.neutral)

    @property
    def coefficients(self) -> Mapping[str, Field]:
        """Captures and levels."""
        levels = {"n1": self.first_level, "n2": self.second_level}
        return {"C1": self.first_capture, "C2": self.second_capture, **levels}

    def rate(self, concentrations: Mapping[str, Array], coefficients: Mapping[str, Array]) -> Rate:
        """See :class:`~fem.physics.reactions.reaction.RateLaw`."""
        c1, c2, n1, n2 = (coefficients[name] for name in ("C1", "C2", "n1", "n2"))
        n = concentrations[self.electron]
        met, slopes = product(concentrations, {self.electron: 2, self.ion: 1})
        middle = c1 * n1 + c2 * np.maximum(n, 0.0)
        factor = c1 * c2 / middle
        rate = factor * (met - n1 * n2 * concentrations[self.neutral])
        by_electron = factor * slopes[self.electron] - rate / middle * c2 * (n > 0)
        return rate, {
            self.electron: by_electron,
            self.ion: factor * slopes[self.ion],
            self.neutral: -factor * n1 * n2,
        }
