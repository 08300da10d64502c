"""Small faults that can be planted in the functions of a room, one at a time: which there are, a seeded sample of them, and
how one is planted in the running process.

A fault is planted by giving a function that is already imported another `__code__`. What runs when a module is imported
(constants, fields, defaults of arguments) and texts are left alone.
"""

import ast
import difflib
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
ROOMS: Final = ("policy", "reminders", "mail", "store", "reports")
_SWAPPED: Final[dict[type, type]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_NAMES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the function (`compliance.policy.windows:Windows.first`), its line there, and what it does."""

    room: str
    function: str
    line: int
    does: str
    number: int
    """Its place among the faults of its function."""

    def __str__(self) -> str:
        return f"{self.function} line {self.line}: {self.does}"

    @property
    def path(self) -> Path:
        """The file it stands in."""
        return path_of(self.function)

    def diff(self) -> str:
        """The function as it is and as the fault makes it, without comments."""
        whole, broken = (ast.unparse(node).splitlines() for node in (definition(self.function), self.broken()))
        return "\n".join(list(difflib.unified_diff(whole, broken, lineterm="", n=1))[2:])

    def broken(self) -> ast.FunctionDef:
        """The function with the fault in it."""
        node = definition(self.function)
        _Planter(self.number).plant(node)
        return ast.fix_missing_locations(node)


@cache
def faults(room: str) -> list[Fault]:
    """Every fault that could be planted in a room, in the order of its files."""
    return [
        Fault(room, function, line, does, number)
        for function in functions(room)
        for number, (line, does) in enumerate(_Planter(None).plant(definition(function)))
    ]


def sample(count: int, seed: int) -> list[Fault]:
    """Of each room an equal number of faults, each of the room's as likely as another; in an order of chance, so that
    any beginning of it is a sample too."""
    chosen = [(random.Random(f"{seed} {room}").sample(faults(room), count // len(ROOMS))) for room in ROOMS]
    return [fault for row in zip(*chosen, strict=True) for fault in row]


def functions(room: str) -> list[str]:
    """The functions and methods of a room."""
    files = sorted((ROOT / "compliance" / room).rglob("*.py"))
    paths = [path for path in files if "migrations" not in path.parts]
    return [f"{_module_at(path)}:{name}" for path in paths for name in _definitions(path)]


def path_of(function: str) -> Path:
    """The file of a function."""
    path = ROOT / function.partition(":")[0].replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def definition(function: str) -> ast.FunctionDef:
    """Its syntax tree, anew each time."""
    text = _definitions(path_of(function))[function.partition(":")[2]]
    node = ast.parse(text[1]).body[0]
    assert isinstance(node, ast.FunctionDef)
    return ast.increment_lineno(node, text[0] - 1)


def function_at(function: str) -> FunctionType:
    """The function itself, out of its class and its decorators. Raises LookupError where it cannot be found."""
    module, _, name = function.partition(":")
    found: Any = import_module(module)
    for part in name.split("."):
        found = vars(found)[part]
    while not (isinstance(found, FunctionType) and found.__code__.co_filename == str(path_of(function))):
        inner = [getattr(found, held, None) for held in ("__wrapped__", "__func__", "fget", "func")]
        found = next((each for each in inner if each is not None), None)
        if found is None:
            raise LookupError(function)
    return found


def plant(fault: Fault) -> None:
    """Break the function, in this process, for good."""
    _replace(fault.function, fault.broken())


def mark(function: str, call: Callable[[str], None]) -> None:
    """Have a function call `call` with its own name each time it begins."""
    node = definition(function)
    name = f"__called_{id(call)}__"
    node.body.insert(0, ast.parse(f"{name}({function!r})").body[0])
    vars(sys.modules[function_at(function).__module__])[name] = call
    _replace(function, ast.fix_missing_locations(node))


def _replace(function: str, node: ast.FunctionDef) -> None:
    found = function_at(function)
    whole = found.__code__
    module = compile(_alone(node, whole.co_freevars), whole.co_filename, "exec")
    code = next(code for code in _codes(module) if code.co_name == "planted")
    found.__code__ = code.replace(co_name=whole.co_name, co_qualname=whole.co_qualname)


def _alone(node: ast.FunctionDef, free: tuple[str, ...]) -> ast.Module:
    """A module that holds the function, inside another that binds its free names (`super()` needs `__class__`)."""
    node.name, node.decorator_list, node.returns = "planted", [], None
    for argument in (*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs):
        argument.annotation = None
    outer = ast.parse("def outer():\n" + "".join(f" {name} = None\n" for name in free) + " pass").body[0]
    assert isinstance(outer, ast.FunctionDef)
    outer.body.append(node)
    return ast.fix_missing_locations(ast.Module([outer], []))


def _codes(code: CodeType) -> Iterator[CodeType]:
    for held in code.co_consts:
        if isinstance(held, CodeType):
            yield held
            yield from _codes(held)


def _module_at(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def _definitions(path: Path) -> dict[str, tuple[int, str]]:
    """Name -> (first line, text) of the functions and methods in a file."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    return {name: _text(node, lines) for name, node in _below(ast.parse("".join(lines)))}


def _text(node: ast.FunctionDef, lines: list[str]) -> tuple[int, str]:
    body = lines[node.lineno - 1 : node.end_lineno]
    return node.lineno, "".join(line[node.col_offset :] if line[: node.col_offset].isspace() else line for line in body)


def _below(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _below(node, f"{prefix}{node.name}.")


class _Planter(ast.NodeTransformer):
    """Walks through the places of a function where a fault can be, and plants the one asked for."""

    def __init__(self, wanted: int | None) -> None:
        self._wanted, self._found = wanted, list[tuple[int, str]]()

    def plant(self, function: ast.FunctionDef) -> list[tuple[int, str]]:
        """(line, what the fault does) of every place."""
        function.body = [self.visit(statement) for statement in function.body]
        return self._found

    def _is(self, node: Any, does: str) -> bool:
        self._found.append((node.lineno, does))
        return len(self._found) - 1 == self._wanted

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for i, kind in enumerate(map(type, node.ops)):
            if self._is(node, f"{kind.__name__} becomes {_SWAPPED[kind].__name__}"):
                node.ops[i] = _SWAPPED[kind]()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        return self._swap(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return self._swap(node) if type(node.op) in _SWAPPED else node

    def _swap(self, node: Any) -> ast.AST:
        other = _SWAPPED[type(node.op)]
        if self._is(node, f"{type(node.op).__name__} becomes {other.__name__}"):
            node.op = other()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        return node.operand if self._is(node, f"{type(node.op).__name__} is left out") else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, int | float):
            return node
        other = not node.value if isinstance(node.value, bool) else node.value + 1
        return _at(node, ast.Constant(other)) if self._is(node, f"{node.value} becomes {other}") else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        return self._turn(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        return self._turn(node)

    def _turn(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        if self._is(node, "the condition is turned round"):
            node.test = _at(node.test, ast.UnaryOp(ast.Not(), node.test))
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in _NAMES and self._is(node, f"{node.id} becomes {_NAMES[node.id]}"):
            node.id = _NAMES[node.id]
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        is_something = node.value is not None and not isinstance(node.value, ast.Constant)
        if is_something and self._is(node, "returns nothing"):
            node.value = ast.Constant(None)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant):
            return node  # a docstring
        self.generic_visit(node)
        is_call = isinstance(node.value, ast.Call)
        return _at(node, ast.Pass()) if is_call and self._is(node, "the call is left out") else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        return _at(node, ast.Pass()) if self._is(node, "the assignment is left out") else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.value = self.visit(node.value) if node.value else None  # not the annotation
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [self.visit(statement) for statement in node.body]  # not the annotations
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        if node.arg != "strict":  # of zip: it says what is so anyway
            node.value = self.visit(node.value)
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = self.visit(node.value)  # a number in a format stays
        return node


def _at(place: ast.AST, node: Any) -> Any:
    return ast.copy_location(node, place)
