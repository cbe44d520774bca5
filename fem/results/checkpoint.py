"""The checkpoint: the solver's state in full precision, enough to continue a run to the same numbers.

A NumPy archive without pickled objects, so a stranger's file is safe to open. It carries fingerprints of the mesh and
of the model; a run is not continued on others.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.evolve import Restart
from fem.numerics.system import Statistics
from fem.results.files import replace_file
from fem.results.run_record import plain
from fem.scenario import Scenario

NAME = "checkpoint.npz"
_PREFIX = "restart_"


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands: how to continue behind the last output that is written, and what the solver did so far."""

    restart: Restart
    statistics: Statistics

    @property
    def outputs(self) -> int:
        """Number of outputs written."""
        return self.restart.next_output


def mesh_fingerprint(mesh: MeshTri) -> str:
    """Checksum of nodes and triangles."""
    return _digest([mesh.p, mesh.t])


def model_fingerprint(scenario: Scenario) -> str:
    """Checksum of what is solved: species, contacts, output times, tolerance."""
    model = scenario.model
    words = json.dumps(plain([model.as_dict(), scenario.tolerance]), sort_keys=True).encode()
    numbers = [array for one in model.transports for array in (one.cell_diffusivity, one.enrichment, one.start)]
    return _digest([np.frombuffer(words, dtype=np.uint8), np.asarray(scenario.times), *numbers])


def _digest(arrays: Sequence[NDArray[np.generic]]) -> str:
    """Checksum in single precision: the last digit of a library function may differ between machines."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array, dtype=np.float32).tobytes())
    return digest.hexdigest()


def save_checkpoint(directory: Path, scenario: Scenario, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint in `directory`."""
    buffer = io.BytesIO()
    arrays = {_PREFIX + name: np.asarray(value) for name, value in checkpoint.restart.as_arrays().items()}
    np.savez(
        buffer,
        allow_pickle=False,
        mesh=np.array(mesh_fingerprint(scenario.model.mesh)),
        model=np.array(model_fingerprint(scenario)),
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
            checkpoint = Checkpoint(Restart.from_arrays(arrays), Statistics(**json.loads(str(stored["statistics"]))))
            mesh, model = str(stored["mesh"]), str(stored["model"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is damaged ({error}): run the scenario again") from error
    if mesh != mesh_fingerprint(scenario.model.mesh):
        raise ValueError(f"{path} was made on another mesh than this scenario has: resume with the same film and seed")
    if model != model_fingerprint(scenario):
        raise ValueError(f"{path} was made with other parameters than this scenario has: resume with the same ones")
    return checkpoint
