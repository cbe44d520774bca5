"""The checkpoint: the solver's state in full precision, enough to continue a run to the same numbers.

A NumPy archive without pickled objects, so a stranger's file is safe to open. It carries fingerprints of the mesh and
of the model; a run is not continued on others.
"""

import hashlib
import io
import itertools
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.system import Statistics
from fem.physics.drives.drive import Drive
from fem.restart import Restart
from fem.scenario import Scenario
from fem.storage.files import replace_file
from fem.storage.run_record import plain

NAME = "checkpoint.npz"
_PREFIX = "restart_"
_SAMPLES = 51  # of a drive, from one output to the next
_BREAKS = 4096  # of a drive that are read one by one
_ROUND_OFF = 1e-14  # of the largest number of an array


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands: how to continue behind the last output that is written, and what the solver did so far."""

    restart: Restart
    statistics: Statistics

    @property
    def outputs(self) -> int:
        """Number of outputs written."""
        return self.restart.next_output


@dataclass(frozen=True)
class Fingerprint:
    """Checksums of what is solved: `mesh` and `model`."""

    mesh: str
    model: str

    @classmethod
    def of(cls, scenario: Scenario) -> "Fingerprint":
        """Those of `scenario`."""
        return cls(mesh_fingerprint(scenario.model.mesh), model_fingerprint(scenario))


def mesh_fingerprint(mesh: MeshTri) -> str:
    """Checksum of nodes and triangles."""
    return _digest([mesh.p, mesh.t])


def model_fingerprint(scenario: Scenario) -> str:
    """Checksum of what is solved and written: film, ions, contacts, light, output times, tolerance, columns."""
    model = scenario.model
    said = [model.as_dict(), [repr(one.sublattice) for one in model.species], scenario.tolerance]
    said += [repr(scenario.light), repr(model.material.recombination), [one.column for one in scenario.observables]]
    said += [] if scenario.cycles is None else [repr(scenario.cycles)]
    words = np.frombuffer(json.dumps(plain(said), sort_keys=True).encode(), dtype=np.uint8)
    poisson, start = model.system.poisson, model.initial_state().contact_potential
    return _digest([words, poisson.weights, poisson.fixed_charge, start, *_transports(model), *_drives(scenario)])


def _transports(model: PoissonNernstPlanck) -> list[Array]:
    """What every population meets in the film, thin layers included, and what reactions make of the start."""
    transports = [one.transport for one in model.populations]
    arrays = [array for one in transports for array in (one.weights, one.storage, one.enrichment, one.start)]
    if model.network is not None:
        start = model.initial_state()
        arrays.append(model.network.events(np.vstack([start.concentrations, start.carriers]), light=1.0))
    return arrays


def _drives(scenario: Scenario) -> list[Array]:
    """Output times, and the light and each drive there, between them and where they break."""
    times = np.asarray(scenario.times, dtype=float)
    between = [np.linspace(a, b, _SAMPLES, endpoint=False) for a, b in itertools.pairwise(times)]
    sampled = np.append(np.concatenate(between), times[-1]).tolist()
    arrays: list[Array] = [times]
    for drive in [scenario.model.light_drive, *(one.drive for one in scenario.model.electrodes)]:
        breaks = _breaks(drive, sampled)
        arrays += [np.array([drive(time) for time in sampled + breaks]), np.array(breaks)]
    return [*arrays, *(electrode.nodes.astype(float) for electrode in scenario.model.electrodes)]


def _breaks(drive: Drive, sampled: list[float]) -> list[float]:
    """Where `drive` breaks; of very many the first, and those that follow the `sampled` times [s]."""
    end = sampled[-1]
    found = list(islice(drive.breaks(0.0, end), _BREAKS))
    if len(found) < _BREAKS:
        return found
    return sorted({*found, *(time for time in map(drive.next_break, sampled) if time < end)})


def _digest(arrays: Sequence[NDArray[np.generic]]) -> str:
    """Checksum in single precision: the last digits of a library function may differ between machines.

    Against the largest number of its array; what is far below that is round-off, as of the weight of an edge opposite
    to right angles.
    """
    digest = hashlib.sha256()
    for array in arrays:
        numbers = np.asarray(array, dtype=float)
        largest = float(np.abs(numbers).max(initial=0.0))
        shares = np.where(np.abs(numbers) > _ROUND_OFF * largest, numbers, 0.0) / (largest or 1.0)
        rounded = float(f"{largest:.6e}")  # as many digits, but single precision has no room for great numbers
        digest.update(np.array([len(numbers), rounded]).tobytes())
        digest.update(np.ascontiguousarray(shares, dtype=np.float32).tobytes())
    return digest.hexdigest()


def _statistics(text: str) -> Statistics:
    """Statistics written as JSON; ValueError or TypeError if they are not."""
    given = json.loads(text)
    if given.get("lowest_relative_concentration", 0.0) is None:  # not finite before the first step
        given["lowest_relative_concentration"] = np.inf
    found = Statistics(**given)
    for name, default in Statistics().as_dict().items():
        value = getattr(found, name)
        kind = int | float if isinstance(default, float) else type(default)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ValueError(f"statistics: {name} cannot be {value!r}")
    if not all(isinstance(seconds, int | float) for seconds in found.seconds.values()):
        raise ValueError(f"statistics: seconds cannot be {found.seconds!r}")
    return found


def save_checkpoint(directory: Path, belongs_to: Fingerprint, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint in `directory` by one that belongs to a film with a certain fingerprint."""
    buffer = io.BytesIO()
    arrays = {_PREFIX + name: np.asarray(value) for name, value in checkpoint.restart.as_arrays().items()}
    np.savez(
        buffer,
        allow_pickle=False,
        mesh=np.array(belongs_to.mesh),
        model=np.array(belongs_to.model),
        statistics=np.array(json.dumps(plain(checkpoint.statistics.as_dict()))),
        **arrays,
    )
    replace_file(directory / NAME, buffer.getvalue())


def load_checkpoint(directory: Path, scenario: Scenario) -> Checkpoint | None:
    """Checkpoint of the run in `directory`, to be continued with `scenario`; None if the run has not got that far.

    Raises
    ------
    ValueError
        If it is damaged, or if it was made on another mesh or with other parameters.
    """
    path = directory / NAME
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            stored = {name: archive[name] for name in archive.files}
            arrays = {name.removeprefix(_PREFIX): v for name, v in stored.items() if name.startswith(_PREFIX)}
            checkpoint = Checkpoint(Restart.from_arrays(arrays), _statistics(str(stored["statistics"])))
            mesh, model = str(stored["mesh"]), str(stored["model"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is damaged ({error}): run the scenario again") from error
    if mesh != mesh_fingerprint(scenario.model.mesh):
        raise ValueError(f"{path} was made on another mesh than this scenario has: resume with the same film and seed")
    if model != model_fingerprint(scenario):
        raise ValueError(
            f"{path} was made with other parameters than this scenario has, or by another version of the program:"
            " resume with the same ones, or run it anew"
        )
    return checkpoint
