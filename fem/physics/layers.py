"""Thin layers on tagged facets: grain boundaries as lines, free surfaces, electrode interfaces.

A layer of width delta is never meshed. Each facet of length l carries a slab that adds, to its two nodes, the storage
and charge volume ``delta l / 2`` and, to the edge between them, the transport weight ``delta D_b / l`` and the
permittivity ``delta eps / l``. The film already holds matter where the slab lies, so what is inserted is the excess
width ``delta (1 - D_g s_g / (D_b s_b))`` with D the diffusivity and s = exp(-E_seg / kT) the enrichment: the
conductance added is Fisher's ``delta (D_b s_b - D_g s_g)`` (J. Appl. Phys. 22, 74 (1951), doi:10.1063/1.1699825), a
fast boundary keeps its own storage, and a boundary that is no different from its grains adds nothing at all. Where the
mesh has nodes of their own on either side of a line, the slab also stands between them: see ``layer_transport``. The
potential on a line is the mean over the slab: see ``slab_potential``.
"""

from dataclasses import dataclass

from fem.checks import require_positive

THINNEST = 1e-3  # of a layer's width: the two sides of a two-sided line are at least so far apart


@dataclass(frozen=True)
class ThinLayer:
    """A slab of `width` [m] along the facets named `facets`; fields give its values under the name `region`."""

    facets: str
    width: float
    region: str

    def __post_init__(self) -> None:
        require_positive(self.width, f"width of the thin layer {self.region!r}", "m")


def boundary_lines(width: float) -> ThinLayer:
    """Grain boundaries of `width` [m] along the mesh's ``grain_boundary_lines``; region ``grain_boundary``."""
    return ThinLayer("grain_boundary_lines", width, "grain_boundary")


def surface_lines(width: float) -> ThinLayer:
    """Free surfaces of `width` [m] along the mesh's ``surface_lines``; region ``surface``."""
    return ThinLayer("surface_lines", width, "surface")
