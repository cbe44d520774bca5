"""Removal of short edges from a film: what a mesh cannot resolve should not dictate its smallest angle.

An edge is collapsed by moving its ends to one place. A collapse is refused where it would lose a grain, make a grain
touch itself, slide a grain boundary over a corner of the film, move a vertex on a periodic side, turn an edge over, or
leave a sharper angle than before.
"""

import heapq
from dataclasses import replace
from itertools import pairwise

import numpy as np

from meshes.checks import require_not_negative
from meshes.grains.polycrystal import Polycrystal
from meshes.grains.rims import with_pinhole_areas

Point = tuple[float, float]
_SHARP = np.deg2rad(20.0)  # angles below this are never made sharper
_SHARPEST = np.deg2rad(5.0)  # likewise where an edge has to go
_GENTLE = 0.25  # relative change of a grain's area


def merge_short_edges(film: Polycrystal, minimum: float, *, gently: bool = False) -> Polycrystal:
    """Film whose edges are at least `minimum` long, wherever that is possible without losing a grain.

    Parameters
    ----------
    film
        Film to simplify; the number and numbering of its grains are kept.
    minimum
        Smallest length of an edge [m]; 0 returns the film unchanged.
    gently
        Spare the rims of pinholes, and every edge without which a grain's area would be a quarter larger or smaller.

    Raises
    ------
    ValueError
        If `minimum` is negative or not finite.
    """
    require_not_negative(minimum, "smallest edge length")
    if minimum == 0 or (film.edge_lengths >= minimum).all():
        return film
    graph = _Graph(film, largest_change=_GENTLE if gently else np.inf)

    def short(a: int, b: int) -> bool:
        return graph.length(a, b) < minimum and not (gently and graph.on_rim(a, b))

    queue = [(graph.length(a, b), a, b) for a, b in film.edges.tolist() if short(a, b)]
    heapq.heapify(queue)
    while queue:
        length, a, b = heapq.heappop(queue)
        if b not in graph.around.get(a, ()) or graph.length(a, b) != length:
            continue
        for vertex in graph.collapse(a, b):
            for neighbour in graph.around[vertex]:
                if short(vertex, neighbour):
                    heapq.heappush(queue, (graph.length(vertex, neighbour), vertex, neighbour))
    return with_pinhole_areas(graph.film(film), film.pinhole_areas)


def without_edge(film: Polycrystal, start: int, end: int) -> Polycrystal | None:
    """Film whose edge between two vertices is merged to a point, sharp angles or not; None where that is refused."""
    graph = _Graph(film, _SHARPEST)
    return with_pinhole_areas(graph.film(film), film.pinhole_areas) if graph.collapse(start, end) else None


class _Graph:
    """Mutable planar graph: ``around[v][u]`` is the face to the left of the edge that runs from v to u."""

    def __init__(self, film: Polycrystal, sharp: float = _SHARP, largest_change: float = np.inf) -> None:
        self.sharp = sharp
        self.slack = dict(enumerate((largest_change * film.areas).tolist()))
        self.gain = dict.fromkeys(self.slack, 0.0)
        self.position: list[Point] = [(x, y) for x, y in film.vertices.tolist()]
        self.around: dict[int, dict[int, int]] = {v: {} for v in range(len(self.position))}
        self.members: dict[int, set[int]] = {}
        for (a, b), (left, right) in zip(film.edges.tolist(), film.edge_grains.tolist(), strict=True):
            self.around[a][b], self.around[b][a] = left, right
            for face in (left, right):
                self.members.setdefault(face, set()).update((a, b))
        rims = [np.isin(np.arange(len(film.vertices)), rim) for rim in film.rims]
        sides = np.column_stack([*film.vertices_on_sides.values(), *rims])
        self.sides = [frozenset(np.flatnonzero(row).tolist()) for row in sides]
        self.facing = frozenset(side for side in range(4) if film.periodic[side // 2])

    def length(self, a: int, b: int) -> float:
        (x0, y0), (x1, y1) = self.position[a], self.position[b]
        return float(np.hypot(x1 - x0, y1 - y0))

    def on_rim(self, a: int, b: int) -> bool:
        return min(self.around[a][b], self.around[b][a]) < -1

    def collapse(self, a: int, b: int) -> list[int]:
        """Merge the ends of an edge if that is allowed; the vertices whose edges changed, none if it was refused."""
        keep, lose = sorted((a, b), key=self._rank, reverse=True)
        if not self._keeps_topology(keep, lose):
            return []
        for place in self._places(keep, lose):
            if self._keeps_shape(keep, lose, place):
                self._merge(keep, lose, place)
                return [keep]
        return []

    def film(self, original: Polycrystal) -> Polycrystal:
        numbers = {v: k for k, v in enumerate(v for v, near in self.around.items() if near)}
        rows = [(v, u, face, self.around[u][v]) for v in numbers for u, face in self.around[v].items() if v < u]
        edges = [(numbers[v], numbers[u]) for v, u, _, _ in rows]
        vertices = [self.position[v] for v in numbers]
        faces = np.array([row[2:] for row in rows])
        return replace(original, vertices=np.array(vertices), edges=np.array(edges), edge_grains=faces)

    def _rank(self, vertex: int) -> tuple[int, bool]:
        """Corners stay before sides, sides before the inside, junctions before bends."""
        return len(self.sides[vertex]), len(self.around[vertex]) > 2

    def _keeps_topology(self, keep: int, lose: int) -> bool:
        beside = {self.around[keep][lose], self.around[lose][keep]}
        shared = set(self.around[keep].values()) & set(self.around[lose].values())
        if shared - beside or self.around[keep].keys() & self.around[lose].keys():
            return False  # a third face would touch itself, or a triangular grain would vanish
        if not self.sides[lose] <= self.sides[keep] or self.sides[lose] & self.facing:
            return False  # a vertex would leave its side, or the one that it faces
        return len(self.sides[keep]) < 2 or (len(self.around[lose]) == 2 and bool(self.sides[lose]))

    def _places(self, keep: int, lose: int) -> list[Point]:
        if self._rank(keep) != self._rank(lose):
            return [self.position[keep]]
        (x0, y0), (x1, y1) = self.position[keep], self.position[lose]
        return [((x0 + x1) / 2, (y0 + y1) / 2), self.position[keep], self.position[lose]]

    def _keeps_shape(self, keep: int, lose: int, place: Point) -> bool:
        fans = [(v, u) for v in (keep, lose) for u in self.around[v] if u not in (keep, lose)]
        near: set[int] = set()
        for v in (keep, lose):
            for face in self.around[v].values():
                if face >= 0:
                    near |= self.members[face]
        corners = np.array([self.position[v] for v in near - {keep, lose}])
        numbers = np.array(list(near - {keep, lose}))
        for v, u in fans:
            swept = (self.position[v], place, self.position[u])
            if _any_inside(swept, corners[numbers != u]):
                return False
        if any(abs(self.gain[grain] + more) > self.slack[grain] for grain, more in self._gains(keep, lose, place)):
            return False
        before = min(self._sharpest(keep, self.position[keep]), self._sharpest(lose, self.position[lose]))
        ends = [self.position[u] for _, u in fans]
        return _sharpest_angle(place, ends) >= min(before, self.sharp)

    def _gains(self, keep: int, lose: int, place: Point) -> list[tuple[int, float]]:
        """Grains around an edge and the area that each gains where its ends merge at a place on it."""
        gains = dict.fromkeys(self.gain.keys() & {*self.around[keep].values(), *self.around[lose].values()}, 0.0)
        for v in (keep, lose):
            for u, left in self.around[v].items():
                if u not in (keep, lose):
                    swept = _signed_area(self.position[v], place, self.position[u])
                    for face, sign in ((left, 1), (self.around[u][v], -1)):
                        if face in gains:
                            gains[face] += sign * swept
        return list(gains.items())

    def _sharpest(self, vertex: int, place: Point) -> float:
        return _sharpest_angle(place, [self.position[u] for u in self.around[vertex]])

    def _merge(self, keep: int, lose: int, place: Point) -> None:
        for grain, more in self._gains(keep, lose, place):
            self.gain[grain] += more
        for face in set(self.around[lose].values()):
            self.members[face].discard(lose)
            self.members[face].add(keep)
        del self.around[keep][lose], self.around[lose][keep]
        for u, face in self.around[lose].items():
            self.around[keep][u] = face
            self.around[u][keep] = self.around[u].pop(lose)
        del self.around[lose]
        self.position[keep] = place


def _sharpest_angle(apex: Point, ends: list[Point]) -> float:
    """Smallest angle between neighbouring rays from `apex` to `ends`."""
    if len(ends) < 2:
        return float(np.pi)
    headings = sorted(np.arctan2(y - apex[1], x - apex[0]) for x, y in ends)
    turns = [after - before for before, after in pairwise(headings)]
    return float(min(*turns, headings[0] + 2 * np.pi - headings[-1]))


def _signed_area(a: Point, b: Point, c: Point) -> float:
    """Area of a triangle, positive if its corners run counter-clockwise."""
    return 0.5 * ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))


def _any_inside(triangle: tuple[Point, Point, Point], points: np.ndarray) -> bool:
    """Whether any of `points` lies in or on the triangle, which may have either orientation; no area holds nothing."""
    (x0, y0), (x1, y1), (x2, y2) = triangle
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    scale = (x1 - x0) ** 2 + (y1 - y0) ** 2 + (x2 - x0) ** 2 + (y2 - y0) ** 2
    if abs(area) < 1e-12 * scale or len(points) == 0:
        return False
    x, y = points.T
    first = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / area
    second = ((x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)) / area
    third = ((x0 - x2) * (y - y2) - (x - x2) * (y0 - y2)) / area
    return bool(((first >= 0) & (second >= 0) & (third >= 0)).any())
