"""A film and the size of its run in a few lines, before anything is computed."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from fem.constants import eV
from fem.fields import Array
from fem.observables.maps import fixed_maps, standard_maps
from fem.pictures.drawing import in_time_units, in_units
from fem.pictures.film_outline import boundary_facets, energies_at, equivalent_diameters, segments
from fem.scenario import Scenario
from fem.storage.vtkhdf import FieldLayout

# Measured with one ion and MKL PARDISO on one core, meshes of 28,000 to 392,000 nodes.
_PROGRAM_MEMORY = 0.26e9  # [bytes] before there is a mesh
_NODE_MEMORY = 1.6e3  # [bytes] per node and square of its unknowns
_STEP_SECONDS, _STEP_NODES, _STEP_POWER = 0.4, 28_000, 1.4  # with two unknowns per node


def film_lines(scenario: Scenario) -> list[str]:
    """What the film is, how it is meshed, and how large its run will be."""
    return [_grains(scenario), _boundaries(scenario), *_barriers(scenario), _mesh(scenario), *_run(scenario)]


def recorded_lines(scenario: Scenario) -> list[str]:
    """What ``run.json`` will record of the mesh and the grains, one line per number; warnings are left out."""
    facts = {name: value for name, value in (scenario.microstructure or {}).items() if name != "warnings"}
    return [f"{name}: {value}" for name, value in _flat(facts)]


def _grains(scenario: Scenario) -> str:
    width, height = (in_units(float(size)) for size in np.ptp(scenario.model.mesh.p, axis=1))
    d = equivalent_diameters(scenario)
    spread = f" (from {in_units(d.min())} to {in_units(d.max())}, spread of the logarithm {np.log(d).std():.2f})"
    return (
        f"{_count(len(d), 'grain')} in {width} × {height}, {scenario.geometry}; equivalent diameter"
        f" {in_units(d.mean())}{spread if len(d) > 1 else ''}"
    )


def _boundaries(scenario: Scenario) -> str:
    mesh = scenario.model.mesh
    facets = boundary_facets(scenario)
    if len(facets) == 0:
        return "no grain boundaries"
    inside = mesh.f2t[1, facets] >= 0  # of a two-sided line every piece is there twice
    ends = segments(mesh, facets)
    length = float((np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1) * np.where(inside, 1.0, 0.5)).sum())
    written = f"{in_units(length)} of grain boundaries"
    strips = (mesh.subdomains or {}).get("grain_boundary", np.empty(0, dtype=np.int64))
    if len(strips):
        area = float(scenario.model.control_volumes.areas[strips].sum())
        return f"{written}, meshed as strips about {in_units(area / length)} wide"
    widths = [layer.width for layer in scenario.model.layers if layer.facets == "grain_boundary_lines"]
    kind = "lines" if inside.all() else "two-sided lines"
    return f"{written} as {kind} {in_units(widths[0])} wide" if widths else f"{written}, which are like their grains"


def _barriers(scenario: Scenario) -> Iterator[str]:
    regions, facets = scenario.model.regions, boundary_facets(scenario)
    cells = np.ones(scenario.model.mesh.t.shape[1], dtype=bool)
    cells[(scenario.model.mesh.subdomains or {}).get("grain_boundary", np.empty(0, dtype=np.int64))] = False
    for species in scenario.model.species:
        found = regions.of_species(species.activation_energy, species, f"activation energy of {species.name}")
        grains = found[cells & np.isfinite(found)] / eV
        along = f", {_range(energies_at(scenario, species, facets))} along boundaries" if len(facets) else ""
        yield f"activation energy of {species.name}: {_range(grains)} in grains{along}"


def _mesh(scenario: Scenario) -> str:
    mesh = scenario.model.mesh
    edges = scenario.model.control_volumes.lengths
    edges = edges[edges > 0]  # facing nodes of two-sided lines have no distance
    return (
        f"mesh of {mesh.p.shape[1]:,} nodes and {mesh.t.shape[1]:,} triangles, edges from {in_units(edges.min())} to"
        f" {in_units(edges.max())}"
    )


def _run(scenario: Scenario) -> Iterator[str]:
    mesh, model, outputs = scenario.model.mesh, scenario.model, len(scenario.times)
    nodes, fields = mesh.p.shape[1], 1 + len(model.species)
    disk = FieldLayout(standard_maps(scenario), fixed_maps(scenario), outputs).bytes_needed(mesh)
    memory = _PROGRAM_MEMORY + _NODE_MEMORY * nodes * fields**2
    seconds = _STEP_SECONDS * (nodes / _STEP_NODES) ** _STEP_POWER * (fields / 2) ** 2
    yield f"run of {model.unknowns.size:,} unknowns and {outputs} outputs, {disk / 1e6:.0f} MB of fields on disk"
    step = in_time_units(float(f"{seconds:.1g}"))
    yield f"roughly {memory / 1e9:.1f} GB of memory and {step} per time step on one core"


def _flat(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        words = name.replace("_", " ")
        if isinstance(value, Mapping):
            yield from ((f"{words}, {inner}", text) for inner, text in _flat(value))
        elif value is not None:
            yield words, f"{value:.6g}" if isinstance(value, float) else str(value)


def _range(energies: Array) -> str:
    low, high = f"{energies.min():.3g}", f"{energies.max():.3g}"
    return f"{low} eV" if low == high else f"{low} to {high} eV"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + "s" * (number != 1)
