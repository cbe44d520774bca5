"""Pinholes: round openings in a film, where solvent left or the film dewetted.

Films rupture where grain boundaries groove them and where three grains meet: Srolovitz and Safran, J. Appl. Phys. 60,
247 (1986), doi:10.1063/1.337689. So pinholes are centred on grain boundaries.
"""

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from meshes.checks import require_seed
from meshes.grains.grain_sizes import GrainSizes
from meshes.grains.periodic import closed
from meshes.grains.polycrystal import Polycrystal
from meshes.grains.regularise import merge_short_edges

Floats = NDArray[np.float64]
_CORNERS = 24  # of a rim
_CLEAR = 0.2  # of its radius: what a pinhole keeps from everything that it does not cut
_LEFT = 0.3  # least share of a grain that pinholes leave
_TRIES = 400
_SHORTEST = 0.3  # shortest edge over an edge of the smallest rim


def with_pinholes(film: Polycrystal, sizes: GrainSizes, *, area_share: float, seed: int = 1) -> Polycrystal:
    """Film with round pinholes that are centred on its grain boundaries, or anywhere in a film of one grain.

    A mesh of it has the facets ``pinhole_rims``, all of them on its outline. Nothing crosses the outline of a mesh
    unless a contact or a layer does: no ion passes a rim, and the electric displacement has no component across it, as
    if the permittivity in the pinhole were negligible against that of the film and its walls carried no charge. The
    rims become free surfaces with fast diffusion or a charge of their own where they are named in the
    `free_surfaces` of :func:`meshes.triangulate`.

    Parameters
    ----------
    film
        Film without pinholes.
    sizes
        Distribution of the diameters of the pinholes.
    area_share
        Share of the film's area that they cover, above 0 and at most 0.3. Their number follows from it; for a given
        number take ``Lognormal.of_number(number, area_share * film_area, spread)``.
    seed
        Seed of the random generator: the same number makes the same film.

    Returns
    -------
    Film with the same grains less what the pinholes take: no grain is lost or cut in two, and pinholes touch neither
    each other nor a side of the film. A periodic film stays one.

    Raises
    ------
    ValueError
        If the share is out of range, the film has pinholes already, or there is no room for one of this size.
    """
    if not 0 < area_share <= 0.3:
        raise ValueError(f"area share of the pinholes must lie above 0 and not above 0.3, got {area_share:g}")
    if film.n_pinholes:
        raise ValueError(f"the film has {film.n_pinholes} pinholes already, add all of them at once")
    require_seed(seed)
    areas = np.sort(sizes.areas(area_share * film.width * film.height))[::-1]
    unit = float(np.sqrt(film.areas.mean()))
    site = _Site(film, unit, np.random.default_rng(seed))
    for area in areas / unit**2:
        site.pierce(float(area))
    pierced = _cut(film, site.rims, unit)
    rim_edge = 2 * np.pi / _CORNERS * float(np.sqrt(areas.min() / np.pi))
    return merge_short_edges(pierced, _SHORTEST * rim_edge)


class _Site:
    """A film, in units of its grains, that is being pierced."""

    def __init__(self, film: Polycrystal, unit: float, generator: np.random.Generator) -> None:
        self.size = np.array([film.width, film.height]) / unit
        self.whole = [shapely.transform(grain, lambda xy: xy / unit) for grain in film.polygons]
        self.left = list(self.whole)
        self.tree = shapely.STRtree(self.whole)
        self.rims: list[shapely.Polygon] = []
        self.generator = generator
        ends = film.vertices[film.edges[film.grain_boundary_edges]] / unit
        self.starts, self.runs = ends[:, 0], ends[:, 1] - ends[:, 0]
        self.odds = np.linalg.norm(self.runs, axis=1)

    def pierce(self, area: float) -> None:
        """Add a pinhole of this area at the first place that suits it."""
        radius = float(np.sqrt(area / np.pi))
        for _ in range(_TRIES):
            centre, turn = self._centre(), self.generator.uniform(0, 2 * np.pi)
            if not self._is_clear(centre, radius):
                continue
            rim = _rim(centre, area, turn)
            rests = self._rests(shapely.Point(centre), radius, rim)
            if rests is not None:
                self.rims.append(rim)
                for grain, rest in rests.items():
                    self.left[grain] = rest
                return
        raise ValueError(
            f"no room for pinhole {len(self.rims) + 1} of {2 * radius:.2g} mean grain sizes across: lower the area"
            " share or the diameter of the pinholes"
        )

    def _centre(self) -> Floats:
        if len(self.odds) == 0:
            return np.asarray(self.generator.uniform(size=2) * self.size)
        edge = self.generator.choice(len(self.odds), p=self.odds / self.odds.sum())
        return np.asarray(self.starts[edge] + self.generator.uniform() * self.runs[edge])

    def _is_clear(self, centre: Floats, radius: float) -> bool:
        """Whether the sides of the film and the other pinholes are far enough."""
        room = (1 + _CLEAR) * radius
        if (centre < room).any() or (centre > self.size - room).any():
            return False
        return not self.rims or float(shapely.distance(shapely.Point(centre), self.rims).min()) > room

    def _rests(self, centre: shapely.Point, radius: float, rim: shapely.Polygon) -> dict[int, shapely.Polygon] | None:
        """What is left of each grain that is cut; None if one would be lost, split, all but split or just grazed."""
        cut, near = (
            self.tree.query(centre.buffer(share * radius), predicate="intersects").tolist()
            for share in (1 - _CLEAR, 1 + _CLEAR)
        )
        if set(cut) != set(near):
            return None
        rests = {grain: self.left[grain].difference(rim) for grain in cut}
        for grain, rest in rests.items():
            core = rest.buffer(-0.5 * _CLEAR * radius)
            pieces = (self.whole[grain].intersection(rim), rest, core)
            if any(piece.geom_type != "Polygon" or piece.is_empty for piece in pieces):
                return None
            if rest.area < _LEFT * self.whole[grain].area:
                return None
        return rests


def _rim(centre: Floats, area: float, turn: float) -> shapely.Polygon:
    """Regular polygon of an area."""
    angles = turn + 2 * np.pi / _CORNERS * np.arange(_CORNERS)
    radius = np.sqrt(2 * area / (_CORNERS * np.sin(2 * np.pi / _CORNERS)))
    return shapely.Polygon(centre + radius * np.column_stack([np.cos(angles), np.sin(angles)]))


def _cut(film: Polycrystal, rims: list[shapely.Polygon], unit: float) -> Polycrystal:
    """Film with pinholes inside the rims, whose grains share the vertices where a rim meets a grain boundary."""
    lines = shapely.linestrings(film.vertices[film.edges] / unit)
    network = shapely.union_all([*lines, *(rim.exterior for rim in rims)])
    faces = shapely.get_parts(shapely.polygonize([network]))
    inside = shapely.point_on_surface(faces)
    grains = [shapely.transform(grain, lambda xy: xy / unit) for grain in film.polygons]
    places, owners = shapely.STRtree([*rims, *grains]).query(inside, predicate="within")
    owner = np.full(len(faces), len(rims) + len(grains))
    np.minimum.at(owner, places, owners)  # rims come first: a pinhole takes what the grains had
    parts = [shapely.union_all(faces[owner == k]) for k in range(len(rims))]
    parts += [faces[owner == len(rims) + k][0] for k in range(len(grains))]
    back = [shapely.transform(part, lambda xy: xy * unit) for part in parts]
    pierced = Polycrystal.from_polygons(film.width, film.height, back[len(rims) :], back[: len(rims)])
    return replace(closed(pierced, film.periodic), target_sizes=film.target_sizes, warnings=film.warnings)
