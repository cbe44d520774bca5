"""``study.json``: which study lies in a folder, with what it was asked for, and how its members stand."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fem.comparison.study import Member, Study
from fem.storage.files import claimed, replace_file
from fem.storage.run_record import NAME as RUN
from fem.storage.run_record import STUDY, RunIdentity, Status, plain, read_identity, read_record

APART = "/"  # between the names of a study and of its member


def holds_study(directory: Path) -> bool:
    """Whether there is a study in the folder."""
    return (directory / STUDY).is_file()


def write_study(
    directory: Path, study: Study, identity: RunIdentity, failed: Mapping[str, str], status: Status
) -> None:  # fmt: skip
    """Replace ``study.json`` in `directory`; `failed` says why members failed, by name."""
    members = [
        {"name": one.name, "group": one.group, "reference": one.reference, "message": failed.get(one.name, "")}
        for one in study.members
    ]
    record = identity.as_dict() | {"status": status, "members": members}
    text = json.dumps(plain(record), indent=2, allow_nan=False, ensure_ascii=False)
    replace_file(directory / STUDY, (text + "\n").encode(), durable=False)


def read_study(directory: Path) -> RunIdentity:
    """Which study lies in `directory`, with what it was asked for.

    Raises
    ------
    ValueError
        If there is none, or its record is damaged.
    """
    path = directory / STUDY
    if not path.is_file():
        raise ValueError(f"{directory} holds no study: it has no {STUDY}")
    try:
        return RunIdentity.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {type(error).__name__} {error}") from error


def member_identity(study: RunIdentity, member: Member) -> RunIdentity:
    """What the ``run.json`` of a member records."""
    doc = f"{member.group}: {study.doc}"
    own = dict(member.parameters)
    sources = {
        name: study.sources.get(name, "") if study.parameters.get(name) == value else "set by the study"
        for name, value in own.items()
    }
    return replace(study, name=f"{study.name}{APART}{member.name}", doc=doc, parameters=own, sources=sources)


def standing(folder: Path, identity: RunIdentity) -> Status | None:
    """How the run of a member stands; None if it has not begun.

    Raises
    ------
    ValueError
        If the folder holds the run of something else.
    """
    if not (folder / RUN).is_file():
        return None
    found = read_identity(folder)
    if any(plain(one) != plain(other) for one, other in zip(_told(found), _told(identity), strict=True)):
        raise ValueError(f"{folder} was not made by this study: remove it, or choose another --out")
    return Status(read_record(folder).get("status", Status.RUNNING))


def _told(identity: RunIdentity) -> tuple[object, ...]:
    """What makes a run this run; a source may be worded anew."""
    return identity.name, identity.doc, identity.source, identity.parameters


def require_replaceable_study(directory: Path) -> None:
    """Raise ValueError unless `directory` is free, empty, or the folder of a study that nobody writes to."""
    if not directory.exists() and not directory.is_symlink():
        return
    if not directory.is_dir():
        raise ValueError(f"{directory} exists and is not a folder: choose another --out")
    if not holds_study(directory) and any(directory.iterdir()):
        raise ValueError(f"{directory} holds other files than those of an earlier study: choose another --out")
    with claimed(directory):
        pass
