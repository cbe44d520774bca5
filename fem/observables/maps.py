"""Fields derived from a state: what the maps of a run show."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fem.constants import eV
from fem.fields import Array
from fem.observables.composition import band_gap, share
from fem.observables.emission import (
    carrier_lifetime,
    emission,
    emits,
    emits_at_rest,
    has_lifetime,
    quench,
    relative_luminescence,
)
from fem.observables.regions import REGION, regions
from fem.scenario import Scenario
from fem.state import State

IntArray = NDArray[np.int64]


class Location(Enum):
    """Where on the mesh the values of a map live."""

    NODES = "nodes"
    CELLS = "cells"


@dataclass(frozen=True)
class Map:
    """A field written on every output in `unit`; `measure` gives shape (n,), or (n, `components`), n nodes or cells."""

    name: str
    unit: str
    location: Location
    measure: Callable[[Scenario, State], Array]
    components: int = 1


def standard_maps(scenario: Scenario) -> tuple[Map, ...]:
    """Every map of `scenario` that changes with time."""
    found = [
        Map("electric_potential", "V", Location.NODES, lambda _, state: state.potential),
        Map("electric_field", "V/m", Location.CELLS, electric_field, components=3),
    ]
    for k, species in enumerate(scenario.model.species):
        found.append(Map(f"concentration_{identifier(species.name)}", "1/m^3", Location.NODES, _concentration(k)))
    if scenario.model.lattice is not None:
        found.append(Map("share", "1", Location.NODES, share))
        if scenario.line is not None:
            found.append(Map("band_gap", "eV", Location.NODES, band_gap))
    if scenario.model.semiconductor is not None:
        found.append(Map("density_electron", "1/m^3", Location.NODES, lambda _, state: state.carriers[0]))
        found.append(Map("density_hole", "1/m^3", Location.NODES, lambda _, state: state.carriers[1]))
    if scenario.light is None and emits(scenario):
        found.append(Map("emission", "1/m^3/s", Location.NODES, emission))
    if has_lifetime(scenario.model):
        found.append(Map("carrier_lifetime", "s", Location.NODES, _lifetime))
    if emits_at_rest(scenario):
        found.append(Map("PL_ratio", "1", Location.NODES, relative_luminescence))
        found.append(Map("PL_quench", "1", Location.NODES, quench))
    return tuple(found)


def fixed_maps(scenario: Scenario) -> dict[str, tuple[str, NDArray[Any]]]:
    """Unit and values on the cells of what does not change: grain, region and activation energies [eV]."""
    energies = scenario.model.activation_energy_cells / eV
    found: dict[str, tuple[str, NDArray[Any]]] = {
        "grain_id": ("1", grain_ids(scenario)),
        REGION: ("1", regions(scenario.model.mesh)[1]),
    }
    for species, values in zip(scenario.model.species, energies, strict=True):
        found[f"activation_energy_{identifier(species.name)}"] = ("eV", values)
    return found


def identifier(name: str) -> str:
    """`name` as one word that field calculators accept: "iodide vacancy" becomes "iodide_vacancy"."""
    return "".join(letter if letter.isalnum() else "_" for letter in name.strip())


def grain_ids(scenario: Scenario) -> IntArray:
    """Number k of the subdomain ``grain_<k>`` that each cell belongs to, -1 outside the film; shape (n_cells,)."""
    mesh = scenario.model.mesh
    ids = np.full(mesh.t.shape[1], -1, dtype=np.int64)
    for name, cells in (mesh.subdomains or {}).items():
        number = name.removeprefix("grain_")
        if number != name and number.isdecimal():
            ids[cells] = int(number)
    return ids


def electric_field(scenario: Scenario, state: State) -> Array:
    """Electric field of each cell as a vector in space [V/m], shape (n_cells, 3)."""
    plane = scenario.model.electric_field(state)
    return np.column_stack([plane[0], plane[1], np.zeros(plane.shape[1])])


def _lifetime(scenario: Scenario, state: State) -> Array:
    return carrier_lifetime(scenario.model, state)


def _concentration(k: int) -> Callable[[Scenario, State], Array]:
    return lambda _, state: state.concentrations[k]
