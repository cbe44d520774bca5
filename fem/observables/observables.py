"""Numbers measured on every output: pure functions of a scenario and a state, as columns of the time series.

The model is two-dimensional; charges and currents of an electrode are given per metre of its length in the plane,
hence C/m^2 and A/m^2 (divided by the depth as well).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from fem.checks import require_known
from fem.constants import elementary_charge
from fem.fields import Array
from fem.measurements.free_energy import free_energy, has_free_energy
from fem.observables.composition import halide_observables
from fem.observables.emission import emits, emits_at_rest
from fem.observables.light_observables import (
    maximum_luminescence,
    mean_luminescence,
    minimum_luminescence,
    total_carriers,
    total_emission,
)
from fem.physics.carriers.semiconductor import ELECTRON, HOLE
from fem.scenario import Observable, Scenario
from fem.self_heating import electrical_power
from fem.state import State


def standard_observables(scenario: Scenario) -> tuple[Observable, ...]:
    """The columns of every run, followed by those that `scenario` asks for.

    Raises
    ------
    ValueError
        If two columns have the same header.
    """
    names = [contact.facets for contact in scenario.model.contacts]
    columns = [Observable("time", "s", lambda _, state: state.time)]
    columns += [contact_potential(name) for name in names]
    columns += [measure(name) for name in names for measure in (contact_charge, contact_charge_error)]
    columns += [measure(name) for name in names for measure in (contact_current, contact_current_error)]
    for species in scenario.model.species:
        columns += [total_ions(species.name), ion_drift(species.name), minimum_concentration(species.name)]
    columns.append(charge_balance())
    if scenario.model.heat is not None:
        columns += [temperature(), power()]
    if has_free_energy(scenario.model):
        columns.append(energy())
    if scenario.model.semiconductor is not None:
        columns += [total_carriers(name) for name in (ELECTRON, HOLE)]
    if emits(scenario) and scenario.light is None:
        columns.append(total_emission())
    if emits_at_rest(scenario):
        columns += [mean_luminescence(), minimum_luminescence(), maximum_luminescence()]
    columns += [*halide_observables(scenario), *scenario.observables]
    headers = [column.column for column in columns]
    twice = sorted({header for header in headers if headers.count(header) > 1})
    if twice:
        raise ValueError(f"observables must differ in name; given twice: {', '.join(twice)}")
    return tuple(columns)


def contact_potential(contact: str) -> Observable:
    """Voltage applied to the electrode `contact` [V]."""
    return Observable(
        f"potential {contact}", "V", lambda s, state: float(state.contact_potential[_contact(s, contact)])
    )


def contact_charge(contact: str) -> Observable:
    """Charge on the metal of the electrode `contact` per area [C/m^2]."""

    def measure(scenario: Scenario, state: State) -> float:
        return float(state.contact_charge[_contact(scenario, contact)]) / electrode_length(scenario, contact)

    return Observable(f"charge {contact}", "C/m^2", measure)


def contact_charge_error(contact: str) -> Observable:
    """What the time steps may have added to the error of that charge, by their own estimates [C/m^2]."""

    def measure(scenario: Scenario, state: State) -> float:
        errors, k = state.contact_charge_error, _contact(scenario, contact)
        return float(errors[k]) / electrode_length(scenario, contact) if len(errors) else 0.0

    return Observable(f"charge error {contact}", "C/m^2", measure)


def contact_current(contact: str) -> Observable:
    """Current density from the electrode `contact` into the film, ionic and displacement [A/m^2]."""

    def measure(scenario: Scenario, state: State) -> float:
        return float(state.contact_current[_contact(scenario, contact)]) / electrode_length(scenario, contact)

    return Observable(f"current {contact}", "A/m^2", measure)


def contact_current_error(contact: str) -> Observable:
    """Estimated error of that current density, to a factor of ten or so [A/m^2]; a smaller current is noise."""

    def measure(scenario: Scenario, state: State) -> float:
        return float(state.contact_current_error[_contact(scenario, contact)]) / electrode_length(scenario, contact)

    return Observable(f"current error {contact}", "A/m^2", measure)


def temperature() -> Observable:
    """Temperature of the film [K]."""
    return Observable("temperature", "K", lambda _, state: state.temperature)


def power() -> Observable:
    """Electrical power per area of the device [W/m^2], by the width that takes up the heat."""
    return Observable("power", "W/m^2", lambda s, state: electrical_power(s.model, state))


def total_ions(species: str) -> Observable:
    """Number of ions of `species` in the film per depth [1/m]."""
    return Observable(
        f"ions {species}", "1/m", lambda s, state: float(s.model.total_ions(state)[species_number(s, species)])
    )


def ion_drift(species: str) -> Observable:
    """Change of the ions of `species` inside the film over what they are counted in; zero unless reactions make it."""
    return Observable(
        f"drift {species}", "1", lambda s, state: float(relative_drift(s, state)[species_number(s, species)])
    )


def relative_drift(scenario: Scenario, state: State) -> Array:
    """(total - exchanged through the electrodes - initial) of each species over :func:`counted`, shape (n_species,)."""
    made = scenario.model.total_ions(state) - state.exchanged.sum(axis=0) - initial_ions(scenario)
    return made / counted(scenario)


def counted(scenario: Scenario) -> Array:
    """Ions of each species at its mean density at the start, or its reference [1/m], shape (n_species,)."""
    u, n = scenario.model.unknowns, len(scenario.model.species)
    return np.asarray(u.unit[:n] * u.content[:n])


def initial_ions(scenario: Scenario) -> Array:
    """Number of ions of each species before the drive starts [1/m], shape (n_species,)."""
    return scenario.model.total_ions(scenario.model.initial_state())


def charge_balance() -> Observable:
    """Charge of film and electrodes together, zero by Gauss's law, over the charge on the electrodes."""
    return Observable("charge balance", "1", relative_charge)


def relative_charge(scenario: Scenario, state: State) -> float:
    """Charge of film and electrodes together over the largest charge on an electrode, at least the least charge."""
    largest = max(float(np.abs(state.contact_charge).max(initial=0)), least_charge(scenario))
    return (scenario.model.film_charge(state) + float(state.contact_charge.sum())) / largest


def energy() -> Observable:
    """Free energy of film and voltage sources, which can only fall while the voltages stand still [J/m]."""
    return Observable("free energy", "J/m", lambda s, state: free_energy(s.model, state))


def least_charge(scenario: Scenario) -> float:
    """The least that counts as charge on an electrode: a millionth of the charge of all that moves [C/m]."""
    u = scenario.model.unknowns
    moving = [one for one in u.populations if one.mobile]
    held = [abs(one.charge) * one.unit * float(one.transport.storage.sum()) for one in moving]
    return 1e-6 * elementary_charge * sum(held)


def charge_moved(scenario: Scenario, columns: Mapping[str, Array]) -> dict[str, Array]:
    """Charge that each electrode has taken up since the start, by the time series [C/m^2], shape (n_outputs,) each.

    Zero everywhere if no electrode ever took up more than the least charge.
    """
    names = [contact.facets for contact in scenario.model.contacts]
    charges = {name: columns[f"charge {name} [C/m^2]"] for name in names}
    moved = {name: values - values[0] for name, values in charges.items()}
    largest = max(float(np.abs(moved[name]).max()) * electrode_length(scenario, name) for name in names)
    return {name: values * (largest > least_charge(scenario)) for name, values in moved.items()}


def minimum_concentration(species: str) -> Observable:
    """Least concentration of `species` over its mean."""

    def measure(scenario: Scenario, state: State) -> float:
        k = species_number(scenario, species)
        u, values = scenario.model.unknowns, state.concentrations[k]
        mean = max(u.storage[k] @ values / u.content[k], u.unit[k])
        return float(values.min() / mean)

    return Observable(f"minimum {species}", "1", measure)


def enrichment(species: str, region: str) -> Observable:
    """Mean concentration of `species` in the subdomain `region` over that at the start."""

    def measure(scenario: Scenario, state: State) -> float:
        weights = _region_weights(scenario, region)
        k = species_number(scenario, species)
        return float(weights @ state.concentrations[k] / (weights @ scenario.model.start_concentrations[k]))

    return Observable(f"{species} in {region} over start", "1", measure)


def boundary_to_grain_ratio(species: str) -> Observable:
    """Mean concentration of `species` in ``grain_boundary`` over that in ``grain_interior``."""

    def measure(scenario: Scenario, state: State) -> float:
        values = state.concentrations[species_number(scenario, species)]
        boundary, grain = (_region_weights(scenario, name) for name in ("grain_boundary", "grain_interior"))
        return float((boundary @ values / boundary.sum()) / (grain @ values / grain.sum()))

    return Observable(f"{species} boundary over grain", "1", measure)


def electrode_length(scenario: Scenario, contact: str) -> float:
    """Length of the electrode's facets in the plane [m].

    Raises
    ------
    ValueError
        If the mesh has no facets of that name.
    """
    mesh = scenario.model.mesh
    require_known(contact, mesh.boundaries or {}, "electrode")
    ends = mesh.p[:, mesh.facets[:, mesh.boundaries[contact]]]
    return float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=0).sum())


def _contact(scenario: Scenario, name: str) -> int:
    return _index(name, [contact.facets for contact in scenario.model.contacts], "electrode")


def species_number(scenario: Scenario, name: str) -> int:
    """Place of the species `name` in the model; ValueError if there is none."""
    return _index(name, [species.name for species in scenario.model.species], "species")


def _index(name: str, names: Sequence[str], what: str) -> int:
    require_known(name, names, what)
    return names.index(name)


def _region_weights(scenario: Scenario, region: str) -> Array:
    """Area of the subdomain that each node owns [m^2], shape (n_nodes,)."""
    mesh = scenario.model.mesh
    require_known(region, mesh.subdomains or {}, "region of an observable:")
    cells = mesh.t[:, mesh.subdomains[region]]
    a, b, c = (mesh.p[:, corner] for corner in cells)
    area = 0.5 * np.abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
    return np.asarray(np.bincount(cells.ravel(), weights=np.tile(area / 3, 3), minlength=mesh.p.shape[1]))
