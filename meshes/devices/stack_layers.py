"""What a device is made of besides its film: layers below and above, and metal strips in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from meshes.checks import require_positive
from meshes.grains.polycrystal import SIDES, Polycrystal

_THICKEST = 100e-6  # [m] the columns of a layer are as narrow as the film's cells, whatever its thickness
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = re.compile(
    r"film|film_.*|grain_.*|boundary_.*|interface_.*|surface.*|pinhole_rims|" + "|".join(SIDES), re.ASCII
)


@dataclass(frozen=True)
class Metal:
    """An electrode inside a layer: a strip of metal as thick as the layer, which is left out of the mesh.

    Parameters
    ----------
    name
        Of its facets in the mesh.
    start, end
        Where it begins and ends along the film [m].
    edge_cell
        Length of the cells along the film next to its ends [m]; None for no refinement there.
    """

    name: str
    start: float
    end: float
    edge_cell: float | None = None

    def __post_init__(self) -> None:
        require_name(self.name, "electrode")
        if not self.start < self.end:
            raise ValueError(
                f"electrode {self.name!r} must end behind its start, got {self.start:g} m to {self.end:g} m"
            )
        if self.edge_cell is not None:
            require_positive(self.edge_cell, f"length of the cells at the ends of electrode {self.name!r}")


@dataclass(frozen=True)
class Layer:
    """A flat layer.

    Parameters
    ----------
    name
        Of its subdomain. Layers of one name are one region.
    thickness
        [m].
    cell
        Height of the first cell at its faces [m]; None takes the mesh size at electrodes.
    largest
        Height of its largest cells [m]; None takes a quarter of the thickness.
    open
        Whether nothing is beyond its outer face, as is so for substrate and air: cells are fine towards the film alone.
    metals
        Electrodes in it.
    """

    name: str
    thickness: float
    cell: float | None = None
    largest: float | None = None
    open: bool = False
    metals: tuple[Metal, ...] = ()

    def __post_init__(self) -> None:
        require_name(self.name, "layer")
        require_positive(self.thickness, f"thickness of layer {self.name!r}")
        if self.thickness > _THICKEST:
            raise ValueError(
                f"layer {self.name!r} is {self.thickness:g} m thick, more than {_THICKEST:g} m: take the few"
                " micrometres next to the film, the field does not reach farther"
            )
        for value, what in ((self.cell, "first"), (self.largest, "largest")):
            if value is not None:
                require_positive(value, f"{what} cell of layer {self.name!r}")


@dataclass(frozen=True)
class Stack:
    """A film between layers.

    Parameters
    ----------
    film
        Cross-section of the film.
    below, above
        Layers under and over the film, both from bottom to top.

    Raises
    ------
    ValueError
        If names are not clear, electrodes touch, or the film repeats itself through its thickness.
    """

    film: Polycrystal
    below: tuple[Layer, ...] = ()
    above: tuple[Layer, ...] = ()

    def __post_init__(self) -> None:
        _check_layers((*self.below, *self.above), self.film.width)
        if self.film.periodic[1] and (self.below or self.above):
            raise ValueError("a film that repeats itself along y has no faces that layers could lie on")


def require_name(name: str, what: str) -> None:
    """Raise ValueError unless `name` is lower-case letters, digits and _ and not one that a film's mesh has."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"name of a {what} must be lower-case letters, digits and underscores, got {name!r}")
    if _TAKEN.fullmatch(name):
        raise ValueError(f"{what} cannot be named {name!r}: the mesh of the film uses that name")


def _check_layers(layers: Sequence[Layer], width: float) -> None:
    """Raise ValueError unless names are clear and the metals fit a film of `width` [m] without touching."""
    metals = [metal for layer in layers for metal in layer.metals]
    names = [metal.name for metal in metals]
    for name in names:
        if names.count(name) > 1 or any(layer.name == name for layer in layers):
            raise ValueError(f"the name {name!r} is given twice in the stack: electrodes need names of their own")
    slack = 1e-9 * width
    for layer in layers:
        row = sorted(layer.metals, key=lambda metal: metal.start)
        for metal in row:
            if metal.start < -slack or metal.end > width + slack:
                raise ValueError(f"electrode {metal.name!r} reaches out of the film of {width:g} m")
        for one, two in pairwise(row):
            if two.start <= one.end + slack:
                raise ValueError(f"electrodes {one.name!r} and {two.name!r} touch: leave a gap between them")
        if row and sum(metal.end - metal.start for metal in row) > width - slack:
            raise ValueError(f"layer {layer.name!r} is all metal: use the film's own bottom or top as the electrode")
