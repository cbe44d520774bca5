"""Light from grain boundaries against light from the grains at the same distance from an electrode."""

from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.observables.profiles import Side
from fem.physics.light.luminescence import photoluminescence
from fem.scenario import Observable, Scenario
from fem.state import State

_STRIPS = 8  # into which the zone is cut, so that boundaries and grains are compared where the field is alike


@dataclass(frozen=True)
class BoundaryContrast:
    """Contrast ``(B - G) / (B + G)`` of boundaries and grains, in a zone at an electrode.

    Parameters
    ----------
    side
        Where the electrode is.
    depth
        Of the zone [m].
    """

    side: Side
    depth: float

    @property
    def columns(self) -> tuple[Observable, Observable]:
        """Contrast of the emission, and of the emission over that at rest."""
        return (
            Observable("contrast of boundaries, PL", "1", lambda s, state: self._contrast(s, state, relative=False)),
            Observable("contrast of boundaries, PL/PL0", "1", lambda s, state: self._contrast(s, state, relative=True)),
        )

    def _contrast(self, scenario: Scenario, state: State, relative: bool) -> float:
        model = scenario.model
        emitted = _emissions(scenario, state)
        if relative:
            start = _emissions(scenario, model.initial_state())
            emitted = (emitted[0] / start[0], emitted[1] / start[1])
        along = _lines(model)
        strips = np.floor(_STRIPS * self._distance(model) / self.depth).astype(int)
        areas = np.where(along > 0, 0.0, model.volumes)
        found = []
        for k in range(_STRIPS):
            here = strips == k
            if along[here].sum() > 0 and areas[here].sum() > 0:
                boundary = np.average(emitted[1][here], weights=along[here])
                grain = np.average(emitted[0][here], weights=areas[here])
                found.append((boundary - grain) / (boundary + grain))
        return float(np.mean(found))

    def _distance(self, model: PoissonNernstPlanck) -> Array:
        axis = 0 if self.side in ("left", "right") else 1
        place = model.mesh.p[axis]
        return np.asarray(place.max() - place if self.side in ("right", "top") else place - place.min())


def _emissions(scenario: Scenario, state: State) -> tuple[Array, Array]:
    """Emission at the nodes if grain lay there, and if the boundary did [1/(m^3 s)], each of shape (n_nodes,)."""
    model, light = scenario.model, scenario.light
    if light is None or model.material.recombination is None:
        raise ValueError("contrast of boundaries needs a film under light: give the scenario a `light`")
    transport = model.populations[0].transport
    reduced = state.concentrations[0] / transport.enrichment
    start = model.initial_state().concentrations[0] / transport.enrichment
    enriched = float(np.mean(transport.layer_enrichments[0]))
    grain, boundary = (
        photoluminescence(
            light,
            model.material.recombination,
            np.asarray(
                sum(one.capture_coefficient * one.trap_density(s * reduced, s * start) for one in light.quenchers)
            ),
        )
        for s in (1.0, enriched)
    )
    return grain, boundary


def _lines(model: PoissonNernstPlanck) -> Array:
    """Length of grain boundary that belongs to each node [m], shape (n_nodes,)."""
    (layer,) = model.regions.layer_facets
    ends = model.mesh.facets[:, layer.facets]
    halves = np.tile(0.5 * layer.lengths, 2)
    return np.asarray(np.bincount(ends.ravel(), weights=halves, minlength=model.mesh.p.shape[1]), dtype=float)
