"""The checkpoint: the solver's state in full precision, enough to continue a run to the same numbers.

A NumPy archive without pickled objects, so a stranger's file is safe to open. It carries fingerprints of the mesh and of
the model; a run is not continued on others.
"""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from skfem import MeshTri

from fem.evolve import Restart
from fem.results.files import replace_file
from fem.results.run_record import plain
from fem.scenario import Scenario

NAME = "checkpoint.npz"
_PREFIX = "restart_"


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands: `outputs` are written; `restart` continues behind the last; `statistics` so far."""

    outputs: int
    restart: Restart
    statistics: dict[str, object]


def mesh_fingerprint(mesh: MeshTri) -> str:
    """Checksum of nodes and triangles."""
    digest = hashlib.sha256(np.ascontiguousarray(mesh.p, dtype=np.float64).tobytes())
    digest.update(np.ascontiguousarray(mesh.t, dtype=np.int64).tobytes())
    return digest.hexdigest()


def model_fingerprint(scenario: Scenario) -> str:
    """Checksum of the description of model, light, output times and tolerance."""
    light = repr(scenario.light)
    described = [scenario.model.as_dict(), light, np.asarray(scenario.times).tolist(), scenario.tolerance]
    return hashlib.sha256(json.dumps(plain(described), sort_keys=True).encode()).hexdigest()


def save_checkpoint(directory: Path, scenario: Scenario, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint in `directory`."""
    buffer = io.BytesIO()
    arrays = {_PREFIX + name: np.asarray(value) for name, value in checkpoint.restart.as_arrays().items()}
    np.savez(
        buffer,
        allow_pickle=False,
        outputs=np.int64(checkpoint.outputs),
        mesh=np.array(mesh_fingerprint(scenario.model.mesh)),
        model=np.array(model_fingerprint(scenario)),
        statistics=np.array(json.dumps(plain(checkpoint.statistics))),
        **arrays,
    )
    replace_file(directory / NAME, buffer.getvalue())


def load_checkpoint(directory: Path, scenario: Scenario) -> Checkpoint:
    """Checkpoint of the run in `directory`, to be continued with `scenario`.

    Raises
    ------
    ValueError
        If there is none, if it is damaged, or if it was made on another mesh or with other parameters.
    """
    path = directory / NAME
    if not path.is_file():
        raise ValueError(f"{directory} has no {NAME}: nothing to resume, run the scenario again")
    try:
        with np.load(path, allow_pickle=False) as archive:
            stored = {name: archive[name] for name in archive.files}
            arrays = {name.removeprefix(_PREFIX): v for name, v in stored.items() if name.startswith(_PREFIX)}
            checkpoint = Checkpoint(
                int(stored["outputs"]), Restart.from_arrays(arrays), json.loads(str(stored["statistics"]))
            )
            mesh, model = str(stored["mesh"]), str(stored["model"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is damaged ({error}): run the scenario again") from error
    if mesh != mesh_fingerprint(scenario.model.mesh):
        raise ValueError(f"{path} was made on another mesh than this scenario builds: resume with the same geometry and seed")
    if model != model_fingerprint(scenario):
        raise ValueError(f"{path} was made with other parameters than this scenario has: resume with the same ones")
    return checkpoint
