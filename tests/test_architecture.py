"""The house plan, read from the sources: which way imports run, and how long files and functions are."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent

# A package or module may import what stands in its own row or in a row further down.
FEM_ROWS = (
    ("fem.comparison",),
    ("fem.results",),
    ("fem.pictures",),
    ("fem.storage",),
    ("fem.observables",),
    (
        "fem.evolve",
        "fem.cycles",
        "fem.scenario",
        "fem.output_state",
        "fem.restart",
        "fem.self_heating",
        "fem.measurements",
    ),
    ("fem.model", "fem.discrete_film", "fem.film", "fem.scale_report", "fem.rest"),
    ("fem.coupled",),
    ("fem.physics",),
    ("fem.numerics",),
    ("fem.state", "fem.fields", "fem.checks", "fem.constants"),
)
# Which of our packages each package may import besides itself.
MAY_IMPORT = {
    "run": {"command_line"},
    "command_line": {"scenarios", "fem"},
    "scenarios": {"meshes", "fem"},
    "meshes": set(),
    "fem": set(),
}
FILE_LINES, FUNCTION_LINES, PARAMETERS = 300, 40, 6


@dataclass(frozen=True)
class Import:
    """`importer` imports `imported`; `typing_only` if it does so under ``if TYPE_CHECKING``."""

    importer: str
    imported: str
    typing_only: bool


def source_files() -> dict[str, Path]:
    """Our modules by dotted name."""
    files = [ROOT / "run.py", *(path for name in MAY_IMPORT for path in sorted((ROOT / name).rglob("*.py")))]
    return {module_name(path.relative_to(ROOT)): path for path in files}


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(module: str, source: str, modules: set[str]) -> list[Import]:
    """The imports of our own packages in `source`; ``from package import module`` counts as the module."""
    tree = ast.parse(source)
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else str(node.module) for name in inner]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{module.split('.')[0]}"]  # a relative import: reported as an import of the package root
        else:
            continue
        ours = [name for name in names if name.split(".")[0] in MAY_IMPORT]
        found += [Import(module, name, id(node) in guarded) for name in dict.fromkeys(ours)]
    return found


def wrong_way(item: Import) -> str | None:
    """What is wrong with an import, if anything."""
    source, target = item.importer.split(".")[0], item.imported.split(".")[0]
    if source != target:
        return None if target in MAY_IMPORT[source] else f"{item.importer} imports {item.imported}"
    if item.imported == source:
        return f"{item.importer} imports its own package root"
    if source == "fem" and fem_row(item.importer) > fem_row(item.imported):
        return f"{item.importer} imports {item.imported}, which stands above it"
    return None


def fem_row(module: str) -> int:
    """Row of a module of fem, counted from the top."""
    rows = [k for k, row in enumerate(FEM_ROWS) for name in row if f"{module}.".startswith(f"{name}.")]
    assert rows, f"{module} has no place in the house plan: add it to FEM_ROWS and to docs/architecture.md"
    return rows[0]


def cycle(imports: list[Import]) -> list[str]:
    """A chain of modules that import each other in a circle; empty if there is none."""
    graph: dict[str, set[str]] = {}
    for item in imports:
        if not item.typing_only:
            graph.setdefault(item.importer, set()).add(item.imported)
    settled: set[str] = set()

    def walk(module: str, chain: list[str]) -> list[str]:
        if module in chain:
            return [*chain[chain.index(module) :], module]
        if module not in settled:
            for following in sorted(graph.get(module, ())):
                if found := walk(following, [*chain, module]):
                    return found
            settled.add(module)
        return []

    return next((found for module in sorted(graph) if (found := walk(module, []))), [])


def too_long(module: str, source: str) -> Iterator[str]:
    """Files and functions beyond the house limits; a function's docstring does not count."""
    if (lines := len(source.splitlines())) > FILE_LINES:
        yield f"{module} has {lines} lines (at most {FILE_LINES})"
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1 - docstring_lines(node)
        if lines > FUNCTION_LINES:
            yield f"{module}.{node.name} has {lines} lines (at most {FUNCTION_LINES})"
        is_scenario = module.startswith("scenarios.") and node.name == "scenario"  # its arguments are the options
        if (count := parameter_count(node)) > PARAMETERS and not is_scenario:
            yield f"{module}.{node.name} has {count} parameters (at most {PARAMETERS})"


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if ast.get_docstring(node) is None:
        return 0
    return (node.body[0].end_lineno or 0) - node.body[0].lineno + 1


def parameter_count(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def all_imports() -> list[Import]:
    files = source_files()
    return [one for name, path in files.items() for one in imports_of(name, path.read_text(), set(files))]


def test_imports_run_one_way() -> None:
    problems = [problem for item in all_imports() if (problem := wrong_way(item))]
    assert not problems, "\n".join(problems)


def test_every_module_of_fem_has_a_place_in_the_plan() -> None:
    for module in source_files():
        if module.startswith("fem."):
            fem_row(module)


def test_no_import_cycle() -> None:
    assert not cycle(all_imports()), " -> ".join(cycle(all_imports()))


def test_files_and_functions_are_short() -> None:
    problems = [line for name, path in source_files().items() for line in too_long(name, path.read_text())]
    assert not problems, "\n".join(problems)


def test_the_checks_notice_what_they_look_for() -> None:
    modules = {"fem.model", "fem.results", "fem.results.store", "fem.physics.poisson", "meshes.film"}
    planted = {
        "fem.model": "from fem.results import store",
        "fem.physics.poisson": "import fem",
        "meshes.film": "from fem.constants import nm",
        "fem.results.store": "from fem.model import Model",
    }
    found = [one for name, source in planted.items() for one in imports_of(name, source, modules)]
    assert [bool(wrong_way(one)) for one in found] == [True, True, True, False]
    assert cycle(found) == ["fem.model", "fem.results.store", "fem.model"]
    guarded = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from fem.model import Model\n"
    assert cycle([found[0], *imports_of("fem.results.store", guarded, modules)]) == []
    long = "def f(a, b, c, d, e, g, h):\n" + "    a = b\n" * 40
    assert list(too_long("fem.model", long)) == [
        "fem.model.f has 41 lines (at most 40)",
        "fem.model.f has 7 parameters (at most 6)",
    ]
    assert list(too_long("fem.model", "\n" * 301)) == ["fem.model has 301 lines (at most 300)"]
