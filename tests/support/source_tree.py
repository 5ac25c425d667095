"""Read the source of the project for the checks of tests/test_architecture.py.

Each check takes modules and returns offences as "path:line what".
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.sparse import lil_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: `from a import b` gives `a.b`.

    Attributes:
        name: dotted name of a module or of something in one.
        type_only: the import is in an `if TYPE_CHECKING:` block.
    """

    name: str
    line: int
    type_only: bool


@dataclass(frozen=True, slots=True)
class Module:
    """One source file.

    Attributes:
        name: dotted name. path: path below the root.
        imports: every import in the file, those inside functions too.
        classes, functions: names that it defines, methods included.
    """

    name: str
    path: str
    imports: tuple[Import, ...]
    classes: tuple[str, ...]
    functions: tuple[str, ...]


def read(root: Path, packages: Iterable[str]) -> list[Module]:
    """Read all modules of `packages` below `root`."""
    return [
        _module(root, path)
        for package in packages
        for path in sorted((root / package).rglob("*.py"))
    ]


def _module(root: Path, path: Path) -> Module:
    below = path.relative_to(root)
    is_package = path.name == "__init__.py"
    parts = below.parent.parts if is_package else below.with_suffix("").parts
    package = parts if is_package else parts[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    return Module(
        ".".join(parts),
        below.as_posix(),
        tuple(_imports(nodes, package)),
        tuple(node.name for node in nodes if isinstance(node, ast.ClassDef)),
        tuple(n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)),
    )


def _imports(nodes: list[ast.AST], package: Sequence[str]) -> Iterator[Import]:
    type_only = {
        id(inner)
        for node in nodes
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            start = [*base, *filter(None, [node.module])]
            names = [".".join([*start, alias.name]) for alias in node.names]
        else:
            continue
        for name in names:
            yield Import(name, node.lineno, id(node) in type_only)


def within(name: str, *packages: str) -> bool:
    """Return True when a dotted name is one of `packages` or is inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def importers(
    modules: Iterable[Module],
    libraries: Collection[str],
    allowed: Collection[str],
    *,
    allow_type_only: bool = False,
) -> list[str]:
    """List imports of `libraries` outside the packages `allowed`."""
    return [
        f"{module.path}:{imported.line} imports {imported.name}"
        for module in modules
        if not within(module.name, *allowed)
        for imported in module.imports
        if within(imported.name, *libraries) and not (allow_type_only and imported.type_only)
    ]


def siblings(modules: Iterable[Module], package: str, exempt: Collection[str]) -> list[str]:
    """List imports between the members of a root package. Modules in `exempt` may import."""
    inside = [m for m in modules if within(m.name, package) and m.name != package]
    members = {".".join(module.name.split(".")[:2]) for module in inside}
    return [
        f"{module.path}:{imported.line} imports {imported.name}"
        for module in inside
        if module.name not in exempt
        for imported in module.imports
        if any(
            within(imported.name, member) and not within(module.name, member) for member in members
        )
    ]


def reaches(
    modules: Iterable[Module], starts: Collection[str], libraries: Collection[str]
) -> list[str]:
    """List chains of imports that lead from a module in `starts` to one of `libraries`."""
    by_name = {module.name: module for module in modules}
    return [
        f"{by_name[name].path} reaches {' -> '.join(chain)}"
        for name in by_name
        if within(name, *starts)
        for chain in _chains(name, by_name, libraries)
    ]


def _chains(
    start: str, by_name: dict[str, Module], libraries: Collection[str]
) -> Iterator[list[str]]:
    pending, visited = [[start]], {start}
    while pending:
        chain = pending.pop()
        for imported in by_name[chain[-1]].imports:
            if within(imported.name, *libraries):
                yield [*chain, imported.name]
            for name in _loaded(imported.name, by_name):
                if name not in visited:
                    visited.add(name)
                    pending.append([*chain, name])


def _loaded(name: str, by_name: dict[str, Module]) -> Iterator[str]:
    """Yield the modules that importing `name` runs: itself and its packages."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        if (candidate := ".".join(parts[:end])) in by_name:
            yield candidate


def circles(modules: Iterable[Module]) -> set[frozenset[str]]:
    """Return the groups of modules that import each other, in functions and for types too.

    An import of a name from a package counts as an import of the package.
    """
    by_name = {module.name: module for module in modules}
    names = list(by_name)
    graph = lil_array((len(names), len(names)), dtype=int)
    for module in by_name.values():
        for imported in module.imports:
            target = next(_loaded(imported.name, by_name), module.name)
            graph[names.index(module.name), names.index(target)] = 1
    _, labels = connected_components(graph.tocsr(), connection="strong")
    groups = defaultdict(set)
    for name, label in zip(names, labels.tolist(), strict=True):
        groups[label].add(name)
    return {frozenset(group) for group in groups.values() if len(group) > 1}
