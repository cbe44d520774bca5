"""What the solver hands out: a snapshot of the film at one time."""

from dataclasses import dataclass, field, fields
from math import nan

import numpy as np

from fem.fields import Array


@dataclass(frozen=True)
class State:
    """The film at one time; arrays are read-only.

    Integrals are per metre of depth (the model is 2D): charges in C/m, currents in A/m, amounts in 1/m.

    Parameters
    ----------
    time
        [s].
    potential
        Electric potential at the nodes [V], shape (n_nodes,).
    concentrations
        Concentration of each species at the nodes [1/m^3], shape (n_species, n_nodes).
    carriers
        Densities of electrons and holes at the nodes [1/m^3], shape (2, n_nodes); (0, n_nodes) without a semiconductor.
    exchanged
        Ions of each species that have entered through each contact since the start [1/m], shape (n_contacts,
        n_species).
    contact_potential
        Voltage applied to each contact [V], shape (n_contacts,).
    contact_charge
        Charge on the metal of each contact [C/m], shape (n_contacts,), from the weighted residual of Poisson's
        equation.
    contact_current
        Current from each contact into the film [A/m], displacement plus ionic, shape (n_contacts,).
    contact_current_error
        Estimated error of that current [A/m], shape (n_contacts,); a smaller current is noise.
    temperature
        Of the film [K].
    contact_charge_error
        Error of the charges that the time steps so far estimate of themselves [C/m], shape (n_contacts,); empty before
        the first step.
    share
        Share of the second halide among the halides of a lattice at the nodes, shape (n_nodes,); 0 where there is no
        lattice, empty if there is none at all.
    stores
        Halides in each store behind a contact [1/m], shape (n_stores, 2); of a store without end, what has entered.
    """

    time: float
    potential: Array
    concentrations: Array
    carriers: Array
    exchanged: Array
    contact_potential: Array
    contact_charge: Array
    contact_current: Array
    contact_current_error: Array
    temperature: float = nan
    contact_charge_error: Array = field(default_factory=lambda: np.zeros(0))
    share: Array = field(default_factory=lambda: np.zeros(0))
    stores: Array = field(default_factory=lambda: np.zeros((0, 2)))

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                frozen = value.view()
                frozen.flags.writeable = False
                object.__setattr__(self, item.name, frozen)
