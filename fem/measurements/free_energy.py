"""Free energy of a film: the quantity that transport of ions can only lower while the voltages stand still.

    F = sum_k kT int c_k [ln(c_k / s_k) - 1] + sum_L kT N_L int G(c_L / N_L)
        + 1/2 int eps |grad phi|^2 + sum_e [1/2 C_e (V_e - phi)^2 - V_e Q_e]

with the enrichment s, a sublattice of N sites filled to f (G' = -ln(1 - f), so G = (1 - f) ln(1 - f) + f), coatings of
capacitance C and the charge Q on each electrode's metal: ions, field, and the voltage sources that pay for the charge.
At constant voltages and without exchange or reactions the model is a gradient flow of it (Kilic, Bazant and Ajdari,
doi:10.1103/PhysRevE.75.021502; the discrete flux of an edge runs down the difference of mu between its nodes):

    dF/dt = - kT sum_k sum_edges J_k (mu_k,i - mu_k,j) <= 0,    mu = ln(c / s) + z phi / V_T - ln(1 - f).

A halide lattice has the energy of mixing of :mod:`fem.physics.halides.lattice_transport` in place of the first two
sums.
"""

import numpy as np
from scipy.special import xlogy

from fem.constants import elementary_charge
from fem.coupled.drift_diffusion import DriftDiffusion
from fem.model import PoissonNernstPlanck
from fem.physics.nernst_planck import crowding_energy
from fem.state import State


def has_free_energy(model: PoissonNernstPlanck) -> bool:
    """Whether `model` is a closed film that moves down its free energy while its voltages stand still.

    Not if it heats itself, if ions cross a contact, react or move by another law than drift and diffusion, if there are
    electrons or holes (light and contacts feed them), or if species share a sublattice but not the same area, as in a
    thin layer that is wider for one of them: they have no common energy. A halide lattice must be all that moves, and
    keep its sites.
    """
    u = model.unknowns
    if model.heat is not None or u.crossed or u.reacting or u.carriers.any():
        return False
    if model.lattice is not None:
        return len(u.populations) == 2 and model.lattice.site_exchange == 0 and model.lattice.carriers is None
    shared = (u.storage[u.members(sites)] for sites in u.sublattices)
    drifting = all(isinstance(law, DriftDiffusion) for law in model.system.laws)
    return drifting and all(np.allclose(areas, areas[0], rtol=1e-12, atol=0.0) for areas in shared)


def free_energy(model: PoissonNernstPlanck, state: State) -> float:
    """Free energy of the film with its voltage sources, per metre of depth [J/m].

    Counted from ions that are spread as their enrichment is and from empty sites, which are constants of a closed
    film: differences between states of one run mean something, the number itself does not.
    """
    u = model.unknowns
    if model.lattice_on_mesh is not None:
        vacancies, second = state.concentrations / u.unit[:, None]
        mixed = model.lattice_on_mesh.free_energy(model.control_volumes, vacancies, second)
        return mixed + _electrostatic(model, state)
    joule = elementary_charge * u.thermal_voltage
    return joule * (_mixing(model, state) + _crowding(model, state)) + _electrostatic(model, state)


def _mixing(model: PoissonNernstPlanck, state: State) -> float:
    """``sum_k int c ln(c / s) - c + s`` with concentrations in the species' units [1/m]; never negative."""
    u, total = model.unknowns, 0.0
    for one, areas, concentration in zip(u.populations, u.storage, state.concentrations, strict=True):
        present = areas > 0
        x = np.maximum(concentration[present] / one.unit, 0.0)
        s = one.transport.enrichment[present]
        total += one.unit * float(areas[present] @ (xlogy(x, x / s) - x + s))
    return total


def _crowding(model: PoissonNernstPlanck, state: State) -> float:
    """``sum_L N int G(f)`` [1/m]."""
    u, total = model.unknowns, 0.0
    fields = np.vstack([state.potential, state.concentrations / u.unit[:, None]])
    for sites in u.sublattices:
        areas = u.storage[u.members(sites)[0]]
        total += sites.site_density * float(areas @ crowding_energy(u.filling(sites, fields)))
    return total


def _electrostatic(model: PoissonNernstPlanck, state: State) -> float:
    """Energy of the field in film and coatings less the work of the voltage sources [J/m]."""
    u, (i, j) = model.unknowns, model.control_volumes.nodes
    energy = 0.5 * float(model.system.poisson.weights @ (state.potential[i] - state.potential[j]) ** 2)
    for one, volts, charge in zip(u.electrodes, state.contact_potential, state.contact_charge, strict=True):
        level = volts + one.offset
        if one.capacitance is not None:
            energy += 0.5 * float(one.capacitance @ (level - state.potential[one.nodes]) ** 2)
        energy -= float(level * charge)
    return energy
