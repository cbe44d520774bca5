"""What unknowns may be, how large a change of them counts, and what round-off has taken from them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fem.coupled.lattice_layout import SHARE
from fem.coupled.unknowns import Unknowns
from fem.fields import Array

OVERFILL = 1e-3  # filling above 1 that the continued logarithm can reach at the largest voltages
_NEWTON_SHARE = 0.05  # a Newton update keeps at least this share of a concentration, or of the free sites
_ROUND_OFF = 1e-10  # of a species' ions: the most that a step's linear solves may lose and get back
_NOISE = 1e-2  # of the mean of ions, of the largest density of carriers: errors in empty places are measured against it
_REACTION_FRONT = 0.3  # weight of the largest error of ions that react, at one place, against the mean of all
_OUTNUMBERED = 1e-16  # of the other carriers' largest: so few are round-off
_EMPTY = 1e-30  # likewise where there are no carriers at all
_CARRIERS_BELOW = 1e-3  # of the largest density: how far below zero a step may leave carriers


@dataclass(frozen=True)
class Bounds:
    """Bounds and measures of the unknowns of a film."""

    unknowns: Unknowns

    def restored(self, values: Array, before: Array) -> tuple[Array, float]:
        """`values` with the ions that round-off in the linear solve has lost since `before`, and their largest share.

        The loss is made good in proportion to the concentration, but only up to round-off size: a larger drift has
        another cause and must stay visible. Populations that react are left alone; carriers that a step leaves
        slightly below zero, where they follow everything else at once, are cut off there.
        """
        u = self.unknowns
        lost = u.conserved(before) - u.conserved(values)
        share = np.where((np.abs(lost) <= _ROUND_OFF) & self._kept, lost, 0.0)
        new = values.copy()
        fields = u.nodal(new)[1:]
        held = np.einsum("kn,kn->k", u.storage, fields)
        fields *= 1.0 + (share * u.content / np.where(held > 0, held, 1.0))[:, None]
        fields[u.carriers] = np.maximum(fields[u.carriers], 0.0)
        return new, float(np.abs(share).max())

    @cached_property
    def _kept(self) -> NDArray[np.bool_]:
        """Populations whose number nothing in the film changes, shape (n_species,)."""
        u = self.unknowns
        kept = ~u.carriers
        kept[list(u.reacting)] = False
        if u.lattice is not None and u.lattice.lattice.site_exchange > 0:
            kept[[u.lattice.vacancy, u.lattice.second]] = False
        return kept

    @np.errstate(over="ignore")  # a change beyond all numbers is infinite, and rejected
    def scaled_norm(self, change: Array, values: Array) -> float:
        """Root mean square of the relative change: concentrations against themselves plus 1 % of the mean.

        Of a halide lattice's site fractions the largest change counts: they travel as narrow fronts.
        """
        u = self.unknowns
        size, moved = u.nodal(np.abs(values)), u.nodal(change)
        largest = size[1:].max(axis=1)
        some = _OUTNUMBERED * largest[u.carriers].max(initial=0.0)
        noise = np.where(u.carriers, np.maximum(_NOISE * largest, some), _NOISE)
        scale = size[1:] + np.maximum(noise, _EMPTY)[:, None]
        if u.lattice is not None:
            scale[u.lattice.second] = SHARE
        ions = moved[1:] / scale
        potential = moved[0] / (1.0 + size[0].max())
        amounts = u.entered(change) / (np.abs(u.entered(values)) + 1.0)
        total = (ions**2).sum() + (potential**2).sum() + (amounts**2).sum()
        total += u.behind.squared_error(change, values) if u.behind else 0.0
        fronts = float(np.abs(ions[u.lattice.second]).max()) if u.lattice is not None else 0.0
        return max(float(np.sqrt(total / u.size)), fronts)

    def reaction_fronts(self, error: Array, values: Array) -> float:
        """Largest relative error of ions that react, at its weight: a mean would hide narrow fronts."""
        u = self.unknowns
        ions = [k for k in u.reacting if not u.carriers[k]]
        size, moved = u.nodal(np.abs(values))[1:][ions], u.nodal(error)[1:][ions]
        return _REACTION_FRONT * float((np.abs(moved) / (size + _NOISE)).max(initial=0.0))

    def lowest(self, values: Array) -> float:
        """Lowest concentration relative to the unit of its ion species."""
        u = self.unknowns
        return float(u.nodal(values)[1:][~u.carriers].min(initial=0.0 if u.absent.any() else np.inf))

    def outside(self, values: Array, allowance: float) -> str | None:
        """Which concentration lies more than `allowance` below zero, or what is overfull; None if nothing does."""
        u = self.unknowns
        fields = u.nodal(values)
        lowest, highest = fields[1:].min(axis=1), fields[1:].max(axis=1)
        few = _OUTNUMBERED * highest[u.carriers].max(initial=0.0)
        below = lowest < -np.where(u.carriers, np.maximum(_CARRIERS_BELOW * highest, few), allowance)
        if below.any():
            k = int(np.argmax(below))
            against = highest[k] if u.carriers[k] and highest[k] > 0 else 1.0
            unit = "largest" if u.carriers[k] else "mean"
            return f"a concentration of {lowest[k] / against:.1e} of its {unit} ({u.populations[k].name})"
        if u.behind is not None and u.behind.overdrawn(fields, values):
            return "halides outside their shares: a site fraction, or a store at a contact, beyond empty or full"
        for sites in u.sublattices:
            fullest = float(u.filling(sites, fields).max())
            if fullest > 1.0 + OVERFILL:
                return f"the sublattice {sites.name!r} fuller than full ({fullest:.5g} of its sites)"
        return None

    def bounded(self, values: Array, change: Array) -> Array:
        """Newton update that keeps concentrations positive and sites free, node by node."""
        u = self.unknowns
        new = values + change
        old_fields, fields = u.nodal(values), u.nodal(new)
        fields[1:] = np.maximum(fields[1:], np.minimum(_NEWTON_SHARE * old_fields[1:], old_fields[1:]))
        for sites in u.sublattices:
            members = [m + 1 for m in u.members(sites)]
            before, after = u.filling(sites, old_fields), u.filling(sites, fields)
            highest = 1.0 + OVERFILL - _NEWTON_SHARE * (1.0 + OVERFILL - before)
            share = np.where(after > highest, (highest - before) / np.maximum(after - before, 1e-300), 1.0)
            fields[members] = old_fields[members] + share * (fields[members] - old_fields[members])
        return new
