"""Free energy of a film whose halides share a lattice, which their exchange can only lower while voltages stand still.

    F = F_mix + 1/2 int eps |grad phi|^2 + sum_e [1/2 C_e (V_e - phi)^2 - V_e Q_e]

with F_mix of :mod:`fem.physics.lattice_transport`: entropy of the three kinds on their sites, interaction, gradient and
segregation energies (J. W. Cahn and J. E. Hilliard, doi:10.1063/1.1744102).
"""

from fem.measurements.free_energy import electrostatic_energy
from fem.model import PoissonNernstPlanck
from fem.state import State


def lattice_energy(model: PoissonNernstPlanck, state: State) -> float:
    """Free energy of a closed film with a halide lattice and its voltage sources, per metre of depth [J/m].

    Raises
    ------
    ValueError
        If the film has no halide lattice, or something else in it moves or crosses its contacts.
    """
    lattice, u = model.lattice_on_mesh, model.unknowns
    if lattice is None or len(u.populations) != 2 or u.exchanges or (u.behind and u.behind.stores):
        raise ValueError("this free energy is that of a closed film with a halide lattice and nothing else that moves")
    vacancies, second = state.concentrations / u.unit[:, None]
    return lattice.free_energy(model.control_volumes, vacancies, second) + electrostatic_energy(model, state)
