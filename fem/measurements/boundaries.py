"""What the grain boundaries do in a film under bias: their share of the ionic current, their excess of ions."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fem.checks import require_known
from fem.coupled.drift_diffusion import DriftDiffusion
from fem.fields import Array
from fem.measurements.conductances import BOUNDARIES, Conductances, Span
from fem.measurements.rim import AXES, Axis
from fem.measurements.steady import axis_number
from fem.model import PoissonNernstPlanck
from fem.physics.regions import IntArray, LayerFacets
from fem.state import State

_NOISE = 1e-12  # of the fluxes to and fro that make up a current: a smaller one is round-off
Places = tuple[float, float]
BoolArray = NDArray[np.bool_]


def boundary_current_share(
    model: PoissonNernstPlanck,
    state: State,
    *,
    region: str = BOUNDARIES,
    axis: Axis | None = None,
    between: Places | None = None,
) -> float:
    """Share of the ionic current through a film's cross-sections that flows in its grain boundaries.

    The mean over cross-sections is ``integral of j over the boundaries / integral of j over the film``, with j the
    component of the ionic current density along `axis`. A boundary that is a line counts with its whole width: what
    flows along the slab, and across it what crosses the cells beside. The displacement current is not counted.

    Parameters
    ----------
    model, state
        Film and moment.
    region
        ``grain_boundary``, one boundary (``boundary_3_7``), ``surface`` or any other cells or thin layer.
    axis
        Direction of the current; from the first contact to the second unless given.
    between
        Only cross-sections between these two places on the axis [m]; the whole film unless given. Space charge at the
        electrodes makes the current there differ from that in the middle as long as the film charges.

    Returns
    -------
    The share; nan where no current flows. Outside 0 to 1 where grains and boundaries carry opposite currents.

    Raises
    ------
    ValueError
        If the film has no such region, or the axis cannot be told from the contacts.
    """
    span = _span(model, axis, between)
    inside = total = traffic = 0.0
    for k, species in enumerate(model.species):
        parts = Conductances.of_model(model, k)
        drops, exchange = _drops(model, state, k)
        steps = parts.steps(span)
        inside += species.charge * parts.flux_in(region, drops, span)
        total += species.charge * float((parts.weights * drops) @ steps)
        traffic += abs(species.charge) * float(np.abs(parts.weights * exchange) @ np.abs(steps))
    return inside / total if abs(total) > _NOISE * traffic else float("nan")


def boundary_excess(
    model: PoissonNernstPlanck,
    state: State,
    species: str,
    *,
    region: str = BOUNDARIES,
    axis: Axis | None = None,
    between: Places | None = None,
) -> float:
    """Ions that boundaries hold beyond what grains hold in their place, per length of boundary [1/m^2].

    Gibbs' excess ``(N_b - c_g A_b) / L_b``: ions in the boundaries, less the mean concentration of the grains times the
    area of the boundaries, over their length. A boundary that is a line has its width times its length as area; a strip
    has half of its border to the grains as length. In equilibrium the excess is ``delta c_g (s - 1)``.

    Parameters
    ----------
    model, state
        Film and moment.
    species
        Name of the ion.
    region
        As for :func:`boundary_current_share`; what remains of the film are the grains.
    axis, between
        Only the part of the film between two places on an axis [m], judged by the midpoints of cells and facets.

    Raises
    ------
    ValueError
        If the film has no such species or region, the region is empty there, or the axis cannot be told.
    """
    names = [one.name for one in model.species]
    require_known(species, names, "species")
    k = names.index(species)
    parts = Conductances.of_model(model, k)
    span = _span(model, axis, between) if between is not None else Span(0)
    reduced = state.concentrations[k] / parts.transport.enrichment
    mean = reduced[parts.volumes.cell_nodes].mean(axis=0) * parts.hopping.enrichment
    here = span.holds(parts.regions.centroids)
    found = parts.find(region)
    if isinstance(found, tuple):
        held, area, length = _held_by_layer(parts, *found, reduced, span)
        grains = here
    else:
        boundary = np.isin(np.arange(len(here)), found) & here
        held, area = float((parts.volumes.areas * mean)[boundary].sum()), float(parts.volumes.areas[boundary].sum())
        length, grains = _half_border(parts, boundary, here), here & ~boundary
    if length == 0 or not grains.any():
        raise ValueError(f"no length of {region!r} beside grains in the part of the film that is looked at (between)")
    in_grains = float(np.average(mean[grains], weights=parts.volumes.areas[grains]))
    return (held - in_grains * area) / length


def _held_by_layer(
    parts: Conductances, layer: LayerFacets, places: IntArray, reduced: Array, span: Span
) -> tuple[float, float, float]:
    """Ions [1/m], area [m^2] and length [m] of the slab of a thin layer."""
    places = places[span.holds(layer.midpoints[:, places])]
    ends = parts.regions.mesh.facets[:, layer.facets[places]]
    areas = layer.widths[places] * layer.lengths[places]
    held = areas @ (reduced[ends].mean(axis=0) * parts.slab(layer).enrichment[places])
    return float(held), float(areas.sum()), float(areas.sum()) / layer.layer.width


def _half_border(parts: Conductances, boundary: BoolArray, here: BoolArray) -> float:
    """Half the length of the facets between cells of the `boundary` and cells of grains [m]."""
    one, two = parts.regions.mesh.f2t
    inner = (two >= 0) & here[one] & here[two]
    border = np.flatnonzero(inner & (boundary[one] != boundary[two]))
    return 0.5 * float(parts.volumes.lengths[border].sum())


def _span(model: PoissonNernstPlanck, axis: Axis | None, between: Places | None) -> Span:
    number = _contact_axis(model) if axis is None else axis_number(axis)
    return Span(number, *(between or ()))


def _contact_axis(model: PoissonNernstPlanck) -> int:
    if len(model.electrodes) < 2:
        raise ValueError(
            f"the film has one contact: say along which axis the current flows, {' or '.join(AXES)} (axis)"
        )
    one, two = (model.mesh.p[:, electrode.nodes].mean(axis=1) for electrode in model.electrodes[:2])
    return int(np.argmax(np.abs(two - one)))


def _drops(model: PoissonNernstPlanck, state: State, k: int) -> tuple[Array, Array]:
    """Flux of species k along each edge per weight W, and the sum of the fluxes to and fro [1/m^3], (n_edges,) each."""
    u = model.unknowns
    ones = np.ones_like(u.populations[k].transport.weights)
    bare = tuple(replace(one, transport=replace(one.transport, weights=ones)) for one in u.populations)
    law = DriftDiffusion(model.control_volumes, replace(u, populations=bare), k)
    fields = np.vstack([state.potential / u.thermal_voltage, state.concentrations / u.unit[:, None]])
    edge, (i, j) = law.edge_flux(fields), model.control_volumes.nodes
    to_and_fro = edge.by_first * fields[k + 1, i] - edge.by_second * fields[k + 1, j]
    return u.unit[k] * edge.flux, u.unit[k] * to_and_fro
