"""Mixed halides on every output: composition, gap and spectrum of the film, what its contacts pass and stores hold."""

from collections.abc import Callable

import numpy as np

from fem.checks import require_known
from fem.constants import boltzmann, elementary_charge, eV
from fem.fields import Array
from fem.measurements.segregation import Composition, correlation_length
from fem.observables.emission import emission, emits
from fem.observables.raster import Raster
from fem.physics.halides.mixed_halide import HalideLattice
from fem.physics.light.spectra import EmissionLine, Spectrum, funnelled
from fem.scenario import Observable, Scenario
from fem.state import State

SEGREGATED = 0.1  # change of x beyond which a place counts as segregated


def share(scenario: Scenario, state: State) -> Array:
    """Share x of the second halide at the nodes, nan where there is no lattice, shape (n_nodes,)."""
    return np.where(lattice_areas(scenario) > 0, state.share, np.nan)


def band_gap(scenario: Scenario, state: State) -> Array:
    """Gap at the nodes by the scenario's line [eV], nan where there is no lattice, shape (n_nodes,)."""
    return np.asarray(_line(scenario).gap(share(scenario, state)) / eV)


def lattice_areas(scenario: Scenario, where: str | None = None) -> Array:
    """Area of the lattice that each node stands for [m^2], shape (n_nodes,); in the subdomain `where` alone if given.

    Raises
    ------
    ValueError
        If the film has no lattice, or no subdomain of that name.
    """
    _lattice(scenario)
    model = scenario.model
    areas = np.asarray(model.unknowns.storage[len(model.species) - 1])
    if where is None:
        return areas
    require_known(where, model.mesh.subdomains or {}, "subdomain of a composition:")
    inside = np.zeros(model.mesh.t.shape[1])
    inside[model.mesh.subdomains[where]] = 1.0
    part = model.control_volumes.node_integrals(inside)
    return np.asarray(areas * part / np.maximum(model.volumes, 1e-300))


def composition(scenario: Scenario, state: State, where: str | None = None) -> Composition:
    """Composition of the film, or of a subdomain of it."""
    return Composition(state.share, scenario.model.initial_state().share, lattice_areas(scenario, where))


def film_spectrum(
    scenario: Scenario, state: State, line: EmissionLine | None = None, where: str | None = None
) -> Spectrum:
    """Spectrum of the film, or of a subdomain of it, by `line` (the scenario's unless given).

    Raises
    ------
    ValueError
        If there is no line, nothing emits, or carriers are said to be simulated and are not.
    """
    line = line or _line(scenario)
    areas = lattice_areas(scenario, where)
    held = areas > 0
    x, weights = state.share[held], areas[held]
    if line.carriers == "simulated":
        if not emits(scenario):
            raise ValueError("no reaction of the model emits light: give the emission line other `carriers`")
        weights = weights * np.maximum(emission(scenario, state)[held], 0.0)
    elif line.carriers == "funnelled":
        weights = weights * _gathered(scenario, state, line)[held]
    return line.spectrum(x, weights)


def pairs(scenario: Scenario, state: State) -> Array:
    """Pairs of funnelled carriers that light keeps at the nodes [1/m^3]; an output at a jump of the light is before it.

    Shape (n_nodes,).

    Raises
    ------
    ValueError
        If the film has no funnelled carriers.
    """
    carriers = _lattice(scenario).carriers
    if carriers is None:
        raise ValueError("the film has no funnelled carriers: give its lattice `carriers`")
    areas, kt = lattice_areas(scenario), boltzmann * state.temperature
    light = scenario.model.light_drive(float(np.nextafter(state.time, -np.inf)))
    level = carriers.level(state.share, areas, carriers.density * light * float(areas.sum()), kt)
    return carriers.held(state.share, level, kt)[0]


def _gathered(scenario: Scenario, state: State, line: EmissionLine) -> Array:
    """Funnelled carriers at the nodes in proportion; a weak probe light takes the place of none, shape (n_nodes,)."""
    if _lattice(scenario).carriers is not None and (found := pairs(scenario, state)).any():
        return found
    return funnelled(line.gap(state.share), state.temperature)


def halide_observables(scenario: Scenario) -> list[Observable]:
    """The columns of every film of mixed halides; none for another film."""
    if scenario.model.lattice is None:
        return []
    found = composition_columns()
    for contact in (one.facets for one in scenario.model.contacts if one.halides is not None):
        found += store_columns(scenario, contact)
    if scenario.line is not None:
        found += spectrum_columns(scenario.line)
    return found


def composition_columns(where: str | None = None) -> list[Observable]:
    """Mean and extremes of x, its mean and largest change, and the segregated fraction; of a subdomain if given."""
    measures: dict[str, Callable[[Composition], float]] = {
        "mean": lambda one: one.mean,
        "minimum": lambda one: one.least,
        "maximum": lambda one: one.most,
        "mean change": lambda one: one.mean_change,
        "largest change": lambda one: one.largest_change,
        "segregated": lambda one: one.segregated_fraction(SEGREGATED),
    }
    return [_of_composition(f"share {name}{_of(where)}", one, where) for name, one in measures.items()]


def _of_composition(name: str, measure: Callable[[Composition], float], where: str | None) -> Observable:
    return Observable(name, "1", lambda s, state: measure(composition(s, state, where)))


def spectrum_columns(line: EmissionLine, where: str | None = None, prefix: str = "") -> list[Observable]:
    """Highest, bluest and reddest peak, number and distance of peaks, mean energy and full width of the spectrum [eV].

    Parameters
    ----------
    line
        What a place emits.
    where
        Subdomain that is looked at; the whole film if None.
    prefix
        Of the columns' names, to tell several lines apart.
    """
    measures: dict[str, tuple[str, Callable[[Spectrum], float]]] = {
        "peak energy": ("eV", lambda one: float(one.peaks[0]) / eV),
        "bluest peak": ("eV", lambda one: float(one.peaks.max()) / eV),
        "reddest peak": ("eV", lambda one: float(one.peaks.min()) / eV),
        "peaks": ("1", lambda one: len(one.peaks)),
        "splitting": ("eV", lambda one: one.splitting / eV),
        "mean energy": ("eV", lambda one: one.mean / eV),
        "full width": ("eV", lambda one: one.full_width / eV),
    }
    return [
        Observable(f"{prefix}{name}{_of(where)}", unit, _of_spectrum(measure, line, where))
        for name, (unit, measure) in measures.items()
    ]


def _of_spectrum(
    measure: Callable[[Spectrum], float], line: EmissionLine, where: str | None
) -> Callable[[Scenario, State], float]:
    return lambda s, state: measure(film_spectrum(s, state, line, where))


def store_columns(scenario: Scenario, contact: str) -> list[Observable]:
    """Charge of the halides that have left the film through `contact` [C/m^2], and what its store holds [1/m]."""
    first, second = (one.name for one in _lattice(scenario).halides)
    number = [one.facets for one in scenario.model.contacts].index(contact)
    store = [one.facets for one in scenario.model.contacts if one.halides is not None].index(contact)
    length, vacancy = scenario.model.electrodes[number].length, len(scenario.model.species) - 2

    def passed(_: Scenario, state: State) -> float:
        return float(elementary_charge * state.exchanged[number, vacancy] / length)

    return [
        Observable(f"halide charge {contact}", "C/m^2", passed),
        Observable(f"{first} in store {contact}", "1/m", lambda _, state: float(state.stores[store, 0])),
        Observable(f"{second} in store {contact}", "1/m", lambda _, state: float(state.stores[store, 1])),
    ]


def halide_drift(halide: str) -> Observable:
    """Change of a halide in film and stores together over what there was at the start."""

    def measure(scenario: Scenario, state: State) -> float:
        names = [one.name for one in _lattice(scenario).halides]
        require_known(halide, names, "halide of a drift:")
        k, start = names.index(halide), scenario.model.initial_state()
        return float(_halides(scenario, state)[k] / _halides(scenario, start)[k] - 1)

    return Observable(f"drift {halide} with stores", "1", measure)


def _halides(scenario: Scenario, state: State) -> Array:
    """Both halides in film and stores [1/m], shape (2,)."""
    vacancies, second = scenario.model.total_ions(state)[-2:]
    sites = _lattice(scenario).site_density * float(lattice_areas(scenario).sum())
    return np.array([sites - vacancies - second, second]) + state.stores.sum(axis=0)


def domain_size(axis: str, pixels: int = 40_000) -> Observable:
    """Distance along "x" or "y" over which the composition stays correlated [m], see `correlation_length`.

    nan in an even film.
    """
    require_known(axis, ("x", "y"), "axis of a domain size:")

    def measure(scenario: Scenario, state: State) -> float:
        mesh = scenario.model.mesh
        raster = Raster.over(mesh.p, mesh.t.T, pixels)
        values = raster.sample_nodes(share(scenario, state))
        along = 1 if axis == "x" else 0
        extent = float(np.ptp(mesh.p["xy".index(axis)]))
        return correlation_length(values, extent / values.shape[along], along)

    return Observable(f"domain size along {axis}", "m", measure)


def spread(axis: str, pixels: int = 40_000) -> Observable:
    """Standard deviation along "x" or "y" of the composition averaged across that axis: segregation in one direction.

    Along "x" it is lateral, along "y" through the thickness of a cross-section.
    """
    require_known(axis, ("x", "y"), "axis of a spread of composition:")

    def measure(scenario: Scenario, state: State) -> float:
        raster = Raster.over(scenario.model.mesh.p, scenario.model.mesh.t.T, pixels)
        values = raster.sample_nodes(share(scenario, state))
        return float(np.nanstd(np.nanmean(values, axis=0 if axis == "x" else 1)))

    return Observable(f"spread of share along {axis}", "1", measure)


def share_at_boundaries() -> Observable:
    """Mean x at grain boundaries less that of the whole film; boundaries may be strips or lines."""

    def measure(scenario: Scenario, state: State) -> float:
        mesh = scenario.model.mesh
        if "grain_boundary" in (mesh.subdomains or {}):
            weights = lattice_areas(scenario, "grain_boundary")
        else:
            nodes = mesh.facets[:, (mesh.boundaries or {}).get("grain_boundary_lines", [])]
            weights = lattice_areas(scenario) * np.isin(np.arange(mesh.p.shape[1]), nodes)
        if not weights.sum() > 0:
            return float("nan")
        return float(np.average(state.share, weights=weights)) - composition(scenario, state).mean

    return Observable("share at boundaries over film", "1", measure)


def _of(where: str | None) -> str:
    return f" in {where}" if where else ""


def _lattice(scenario: Scenario) -> HalideLattice:
    if scenario.model.lattice is None:
        raise ValueError("the film has no mixed halides: give the model a `lattice`")
    return scenario.model.lattice


def _line(scenario: Scenario) -> EmissionLine:
    if scenario.line is None:
        raise ValueError("the gap over composition is not known: give the scenario a `line` (EmissionLine)")
    return scenario.line
