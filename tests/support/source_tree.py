"""Readers of the project's own source, for the rules that no linter knows.

Each rule takes modules and gives the offences as "path:line what", so a test asserts an empty list
and a failure names every place.
"""

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: `from a import b` gives `a.b`.

    Attributes:
        name: the dotted name; it may be a module or something in one.
        line: where it stands.
        type_only: it stands under `if TYPE_CHECKING:` and never runs.
    """

    name: str
    line: int
    type_only: bool


@dataclass(frozen=True, slots=True)
class Module:
    """One source file, by its dotted name and its path below the root."""

    name: str
    path: str
    lines: int
    tree: ast.Module
    is_package: bool

    def imports(self) -> Iterator[Import]:
        """Every import in the file, those inside functions too."""
        hidden = {id(node) for block in _type_checking(self.tree) for node in ast.walk(block)}
        for node in ast.walk(self.tree):
            for name in self._names(node):
                yield Import(name, getattr(node, "lineno", 0), id(node) in hidden)

    def _names(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            start = ".".join(filter(None, (self._anchor(node.level), node.module)))
            return [f"{start}.{alias.name}" for alias in node.names]
        return []

    def _anchor(self, level: int) -> str:
        """The package that `level` leading dots mean in this file."""
        if level == 0:
            return ""
        parts = self.name.split(".")
        return ".".join(parts[: len(parts) - level + self.is_package])


def _type_checking(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from node.body


def read(root: Path, packages: Iterable[str]) -> list[Module]:
    """All modules of `packages` below `root`."""
    return [
        _module(root, path)
        for package in packages
        for path in sorted((root / package).rglob("*.py"))
    ]


def _module(root: Path, path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    below = path.relative_to(root)
    is_package = path.name == "__init__.py"
    parts = below.parent.parts if is_package else below.with_suffix("").parts
    return Module(
        ".".join(parts), below.as_posix(), len(text.splitlines()), ast.parse(text), is_package
    )


def within(name: str, *rooms: str) -> bool:
    """True when a dotted name is one of `rooms` or lies in one."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def importers(
    modules: Iterable[Module], libraries: Collection[str], allowed: Collection[str], *, types: bool
) -> list[str]:
    """Imports of `libraries` outside the rooms `allowed`; `types` lets pass what is type-only."""
    return [
        f"{module.path}:{found.line} imports {found.name}"
        for module in modules
        if not within(module.name, *allowed)
        for found in module.imports()
        if within(found.name, *libraries) and not (types and found.type_only)
    ]


def siblings(modules: Iterable[Module], package: str, apart: Collection[str]) -> list[str]:
    """Files right in `package` that import each other; those in `apart` may import the rest."""
    files = {m.name: m for m in modules if m.name.rpartition(".")[0] == package}
    return [
        f"{module.path}:{found.line} imports {found.name}"
        for name, module in files.items()
        if name not in apart
        for found in module.imports()
        if any(within(found.name, other) for other in files if other != name)
    ]


def reaches(
    modules: Iterable[Module], starts: Collection[str], libraries: Collection[str]
) -> list[str]:
    """Ways on which importing a module in `starts` ends in one of `libraries`, however long."""
    known = {module.name: module for module in modules}
    return [
        f"{known[name].path} reaches {' -> '.join(way)}"
        for name in known
        if within(name, *starts)
        for way in _ways(name, known, libraries)
    ]


def _ways(start: str, known: dict[str, Module], libraries: Collection[str]) -> Iterator[list[str]]:
    todo, seen = [[start]], {start}
    while todo:
        way = todo.pop()
        for found in known[way[-1]].imports():
            if within(found.name, *libraries):
                yield [*way, found.name]
            for name in _loaded(found.name, known):
                if name not in seen:
                    seen.add(name)
                    todo.append([*way, name])


def _loaded(name: str, known: dict[str, Module]) -> Iterator[str]:
    """The known modules that importing `name` runs: itself and the packages above it."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        if (candidate := ".".join(parts[:end])) in known:
            yield candidate


def long_files(modules: Iterable[Module], limit: int) -> list[str]:
    """Files of more than `limit` lines."""
    return [f"{m.path}:1 has {m.lines} lines" for m in modules if m.lines > limit]


def long_functions(modules: Iterable[Module], limit: int) -> list[str]:
    """Functions and methods of more than `limit` lines, from `def` to the last."""
    return [
        f"{module.path}:{node.lineno} {node.name} has {length} lines"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, Function)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > limit
    ]


def undocumented(modules: Iterable[Module]) -> list[str]:
    """Modules, and public functions and classes at their top level, without a docstring."""
    return [offence for module in modules for offence in _undocumented(module)]


def _undocumented(module: Module) -> Iterator[str]:
    if not ast.get_docstring(module.tree):
        yield f"{module.path}:1 the module"
    for node in module.tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{module.path}:{node.lineno} {node.name}"
