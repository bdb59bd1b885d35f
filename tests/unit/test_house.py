"""The house keeps its own rules: every one is read from the source itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from desk.domain.gates import CHOICES, Gate, Role
from desk.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
PRODUCT = ("desk/", "tasks/", "flows/", "engine/", "verify_receipt.py")
OURS = (*PRODUCT, "sample/", "bench/")
TESTS = ("tests/",)
MIGRATIONS = "desk/store/migrations/"

FILE_LINES, TEST_FILE_LINES = 300, 500
FUNCTION_LINES, FUNCTION_LINES_P90 = 40, 20
MAP_DEPTH = 2

TIME = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
    "func.now", "func.current_timestamp", "func.current_date",
}  # fmt: skip
COMPANIONS = {canonicalize_name(name) for name in ("pydantic-core", "starlette")}  # FastAPI and Pydantic hand out their types
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
WORLD = {
    "asyncio", "glob", "http", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "smtplib", "socket", "sqlite3",
    "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef | ast.Module


@dataclass(frozen=True, kw_only=True)
class Source:
    """One Python file of the checkout, read and parsed once."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How long the file is."""
        return len(self.text.splitlines())

    def at(self, node: ast.AST, what: str = "") -> str:
        """A place in this file, as an editor opens it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)} {what}".rstrip()

    def functions(self) -> Iterator[Function]:
        """Every function of the file, methods and inner ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, FUNCTIONS))


@cache
def tracked() -> tuple[str, ...]:
    """Every file that is in the repository or about to be."""
    listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git = ["git", "-c", f"safe.directory={CHECKOUT}", *listing]  # whoever owns the checkout
    listed = subprocess.run(git, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    return tuple(sorted(path for path in set(listed.stdout.split("\0")) if path and (CHECKOUT / path).is_file()))


@cache
def sources(*roots: str) -> tuple[Source, ...]:
    """The Python files under these roots; Python 3.11 must be able to read each of them."""
    paths = [path for path in tracked() if path.endswith(".py") and path.startswith(roots)]
    texts = {path: (CHECKOUT / path).read_text(encoding="utf-8") for path in paths}
    return tuple(Source(path=p, text=t, tree=ast.parse(t, filename=p, feature_version=(3, 11))) for p, t in texts.items())


def dotted(node: ast.AST) -> str:
    """The last two names of `a.b.c`, so that `datetime.datetime.now` reads as `datetime.now`."""
    match node:
        case ast.Attribute(value=ast.Name(id=left), attr=right) | ast.Attribute(value=ast.Attribute(attr=left), attr=right):
            return f"{left}.{right}"
        case _:
            return ""


def imported(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every module a file imports, absolutely named, with the statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module


def mentions(source: Source, names: set[str]) -> Iterator[str]:
    """Where a file uses one of these dotted names, however it was imported."""
    for node in ast.walk(source.tree):
        if dotted(node) in names:
            yield source.at(node, dotted(node))
        elif isinstance(node, ast.ImportFrom):
            yield from (source.at(node, f"{node.module}.{a.name}") for a in node.names if f"{node.module}.{a.name}" in names)


def documented(source: Source) -> Iterator[tuple[Documented, str]]:
    """Everything in a file that needs a docstring: the module, its public functions and classes, their public methods."""
    yield source.tree, "the module"
    waiting: list[ast.stmt] = list(source.tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node, node.name
            waiting += node.body if isinstance(node, ast.ClassDef) else []


def is_overload(node: Documented) -> bool:
    """Whether this is only one more signature of a function that stands below it."""
    return isinstance(node, FUNCTIONS) and any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list)


def none_of(faults: list[str], rule: str) -> None:
    """Fail with the rule and every place that breaks it."""
    if faults:
        pytest.fail("\n  ".join([rule, *faults]), pytrace=False)


def test_everything_public_says_what_it_promises() -> None:
    """Every module, and every public function, class and method, has a docstring."""
    faults = [
        source.at(node, name)
        for source in sources(*OURS, *TESTS)
        if not source.path.startswith(MIGRATIONS + "versions/")
        for node, name in documented(source)
        if not ast.get_docstring(node) and not is_overload(node)
    ]
    none_of(faults, "no docstring:")


def test_every_test_states_the_behaviour() -> None:
    """Every test says in its docstring what it shows."""
    faults = [
        source.at(function, function.name)
        for source in sources(*TESTS)
        for function in source.functions()
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    none_of(faults, "a test without its behaviour:")


def test_files_stay_short() -> None:
    """A file of ours has at most 300 lines, a file of tests 500."""
    long = [f"{s.path}: {s.lines}" for s in sources(*OURS) if s.lines > FILE_LINES]
    long += [f"{s.path}: {s.lines}" for s in sources(*TESTS) if s.lines > TEST_FILE_LINES]
    none_of(long, "too long a file:")


def test_functions_stay_short() -> None:
    """No function of ours has more than 40 lines, and nine of ten have at most 20."""
    lengths = sorted(
        ((function.end_lineno or 0) - function.lineno + 1, source.at(function, function.name))
        for source in sources(*OURS)
        if not source.path.startswith(MIGRATIONS)
        for function in source.functions()
    )
    none_of([f"{place}: {length}" for length, place in lengths if length > FUNCTION_LINES], "too long a function:")
    assert lengths[len(lengths) * 9 // 10][0] <= FUNCTION_LINES_P90


def test_the_judgments_know_the_standard_library_only() -> None:
    """desk/domain imports itself and what of the standard library cannot touch the world."""
    faults = [
        source.at(node, module)
        for source in sources("desk/domain/")
        for node, module in imported(source.tree)
        if not module.startswith("desk.domain") and (module.split(".")[0] in WORLD or module.split(".")[0] not in sys.stdlib_module_names)
    ]
    none_of(faults, "a judgment that reaches out:")


def test_every_import_is_a_declared_dependency() -> None:
    """What the product imports stands in pyproject.toml, so that no package comes along by chance."""
    declared = {canonicalize_name(requirement.name) for requirement in declared_requirements()} | COMPANIONS
    owners = packages_distributions()
    faults = [
        source.at(node, module)
        for source in sources(*PRODUCT)
        for node, module in imported(source.tree)
        if (top := module.split(".")[0]) in owners and not declared & {canonicalize_name(name) for name in owners[top]}
    ]
    none_of(faults, "not declared:")


def test_t15_codes_are_never_drawn_from_random() -> None:
    """`random` is imported in the sample, the benches and the tests only (T15: an OTP that can be predicted)."""
    faults = [
        source.at(node, module)
        for source in sources(*PRODUCT)
        for node, module in imported(source.tree)
        if module.split(".")[0] == "random" or module.startswith("numpy.random")
    ]
    none_of(faults, "guessable dice:")


def test_only_the_clock_and_the_log_ask_the_time() -> None:
    """Every other part of the product asks desk.clock, so that a test may travel."""
    faults = [
        place for source in sources(*PRODUCT) if source.path not in {"desk/clock.py", "desk/log.py"} for place in mentions(source, TIME)
    ]
    none_of(faults, "a clock of its own:")


def test_only_the_settings_read_the_environment() -> None:
    """The desk's settings read it, the crash points in a test, and the engine for what it starts; nobody else."""
    allowed = ("desk/settings.py", "desk/crashpoint.py", "engine/")
    faults = [place for s in sources(*PRODUCT) if not s.path.startswith(allowed) for place in mentions(s, ENVIRONMENT)]
    none_of(faults, "reads the environment:")


def test_no_task_is_cached_or_persisted() -> None:
    """Every Prefect task has cache_policy=NO_CACHE and persist_result=False (F44: a check answered from before the erasure)."""
    faults = [place for source in sources(*PRODUCT) for place in _loose_tasks(source)]
    none_of(faults, "a task that Prefect may answer from memory:")


def _loose_tasks(source: Source) -> Iterator[str]:
    """Every use of Prefect's `task` that is not a call with both keywords, whatever it is named here."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module in {"prefect", "prefect.tasks"}
        for alias in node.names
        if alias.name == "task"
    }
    sound = {id(node.func) for node in ast.walk(source.tree) if isinstance(node, ast.Call) and _is_sound(node)}
    for node in ast.walk(source.tree):
        is_task = (isinstance(node, ast.Name) and node.id in names) or dotted(node) == "prefect.task"
        if is_task and id(node) not in sound:
            yield source.at(node)


def _is_sound(call: ast.Call) -> bool:
    """Whether a call of `task` rules out cache and persistence."""
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    return given.get("cache_policy") == "NO_CACHE" and given.get("persist_result") == "False"


def test_no_file_names_a_machine_or_a_registry() -> None:
    """A clone must work anywhere: no file of the repository holds a path of a machine or an address of a package index."""
    machine = re.compile(r"(?<![\w.}])/(?:opt|root|tmp|home|work|Users)/\w|file:///\w|python[h]osted|://[^/\s]+/simple\b")
    faults = [
        f"{path}:{at} {found.group()}"
        for path in tracked()
        for at, line in enumerate((CHECKOUT / path).read_bytes().decode("utf-8", "ignore").splitlines(), 1)
        if (found := machine.search(line))
    ]
    none_of(faults, "names a machine:")


def test_t52_the_lock_pins_everything_by_hash_and_names_no_address() -> None:
    """Every package is pinned to one version and its hashes, every declared one is there, and no address is (T52, P38)."""
    text = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.findall(r"\S+://\S+| @ \S+", text)
    blocks = re.split(r"\n(?=[\w.-]+(?:\[[\w,-]+\])?==)", text)[1:]
    none_of([block.split()[0] for block in blocks if "--hash=sha256:" not in block], "no hash:")
    locked = {canonicalize_name(requirement.name): requirement for requirement in locked_requirements()}
    assert len(blocks) == len(locked)
    none_of(
        [str(wanted) for wanted in declared_requirements() if not _locks(locked.get(canonicalize_name(wanted.name)), wanted)],
        "declared, and not in the lock; run `make lock`:",
    )


def _locks(pin: Requirement | None, wanted: Requirement) -> bool:
    """Whether a pinned package satisfies what is declared."""
    return pin is not None and all(wanted.specifier.contains(s.version) and s.operator == "==" for s in pin.specifier)


def test_t52_what_runs_is_what_is_locked() -> None:
    """The packages these tests run on are those of the lock, version by version (T52)."""
    faults = [
        f"{pin}: {installed(pin.name)}"
        for pin in locked_requirements()
        if (not pin.marker or pin.marker.evaluate()) and str(pin.specifier) != f"=={installed(pin.name)}"
    ]
    none_of(faults, "not as locked; run `make setup`:")


def installed(name: str) -> str:
    """The version of a package that runs here."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def test_p38_prefect_is_new_enough() -> None:
    """Prefect is at least 3.9.1: 3.8.8, which a plain install falls back to, has a gate that sticks for ever (P3, P38)."""
    assert Version(version("prefect")) >= Version("3.9.1")


@cache
def declared_requirements() -> tuple[Requirement, ...]:
    """What pyproject.toml asks for, for the office and for its developers."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    return tuple(Requirement(line) for line in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]])


@cache
def locked_requirements() -> tuple[Requirement, ...]:
    """What requirements.lock pins."""
    text = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    return tuple(Requirement(line.rstrip("\\ ")) for line in text.splitlines() if "==" in line and line[0] not in "# ")


def test_the_map_names_every_folder() -> None:
    """docs/map.md has a place for every folder of the repository, down to the second level."""
    text = (CHECKOUT / "docs" / "map.md").read_text(encoding="utf-8")
    folders = {f"{folder}/" for path in tracked() for folder in [*Path(path).parents][:-1] if len(folder.parts) <= MAP_DEPTH}
    none_of(sorted(folder for folder in folders if folder not in text), "a folder docs/map.md does not name:")


def test_the_map_names_nothing_that_is_not_there() -> None:
    """Every path docs/map.md names in backticks exists."""
    text = (CHECKOUT / "docs" / "map.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./*-]+/[\w./*-]*)`", text))
    none_of(sorted(name for name in named if not any(CHECKOUT.glob(name.rstrip("/")))), "docs/map.md names what is not there:")


def test_every_documented_make_target_exists() -> None:
    """What the README and the documents tell a reader to `make` can be made."""
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    faults = [
        f"{path}: make {target}"
        for path in tracked()
        if path.endswith(".md")
        for target in re.findall(r"`make ([a-z]+)", (CHECKOUT / path).read_text(encoding="utf-8"))
        if target not in targets
    ]
    none_of(faults, "a command that does not exist:")


def test_every_setting_is_in_the_runbook() -> None:
    """docs/runbook.md names every variable the office reads, and none that it does not."""
    text = (CHECKOUT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(MADOGUCHI_[A-Z_]+)`", text)) == {f"MADOGUCHI_{name.upper()}" for name in Settings.model_fields}


def test_every_question_is_in_the_officers_guide() -> None:
    """docs/officer-guide.md names every role, every question and every answer to it."""
    text = (CHECKOUT / "docs" / "officer-guide.md").read_text(encoding="utf-8")
    words = (
        [f"`{role}`" for role in Role] + [f"| {gate} |" for gate in Gate] + [answer for choices in CHOICES.values() for answer in choices]
    )
    none_of([word for word in words if word not in text], "not in the officer's guide:")


def test_every_exception_to_a_rule_gives_its_reason() -> None:
    """A silenced lint or type rule is named and says why, in the code and in pyproject.toml."""
    silenced = re.compile(r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore)")
    reasoned = re.compile(r"#\s*(?:noqa:\s*[A-Z0-9, ]+?|type:\s*ignore\[[\w, -]+\]|pyright:\s*ignore\[[\w, ]+\])\s+[-#]+\s*\w")
    faults = [
        f"{source.path}:{at} {line.strip()}"
        for source in sources(*OURS, *TESTS)
        if source.path != "tests/unit/test_house.py"
        for at, line in enumerate(source.text.splitlines(), 1)
        if silenced.search(line) and not reasoned.search(line)
    ]
    project = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    faults += [f"pyproject.toml: {line.strip()}" for line in project.splitlines() if re.match(r'\s*"[A-Z]+\d+",\s*$', line)]
    none_of(faults, "an exception without a reason:")
