"""The house as DESIGN.md draws it: layers, cycles, tables and budgets, measured on the source itself."""

import ast
import importlib
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "packshot"
LAYERS = (
    ("errors",),
    ("imaging",),
    ("catalogue", "networks", "provenance"),
    ("losses", "checkpoint"),
    ("models", "evaluation"),
    ("training", "operations"),
    ("pipeline",),
    ("publish",),
    ("serve", "scale"),
    ("cli",),
)
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}
NO_LAYER = {"__init__", "__main__", "version"}  # the lazy door, `python -m packshot`, a number
FILE_LINES, FUNCTION_LINES, LOOP_LINES, P90_LINES, MEDIAN_LINES = 500, 80, 120, 40, 10
FILES = sorted(ROOT.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def module_of(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def part_of(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imports(path):
    """(dotted target, line, runs when the module is imported) of every import from the package itself."""
    tree, package = TREES[path], module_of(path) if path.name == "__init__.py" else module_of(path)[:-1]
    late = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            late |= {id(n) for n in ast.walk(node)}
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            late |= {id(n) for statement in node.body for n in ast.walk(statement)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = base + tuple((node.module or "").split(".") if node.module else ())
            targets = [(*stem, alias.name) for alias in node.names]
        else:
            continue
        yield from ((t, node.lineno, id(node) not in late) for t in targets if t[0] == ROOT.name and len(t) > 1)


def functions():
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0]
                has_doc = ast.get_docstring(node, clean=False) is not None
                doc = first.end_lineno - first.lineno + 1 if has_doc else 0
                yield path, node, node.end_lineno - node.lineno + 1 - doc


def test_every_part_has_a_layer():
    assert {part_of(p) for p in FILES} - NO_LAYER - set(RANK) == set()


def test_modules_import_their_own_folder_and_lower_layers_only():
    breaches = []
    for path in FILES:
        mine = part_of(path)
        if mine in NO_LAYER:
            continue
        for target, line, _ in imports(path):
            part = target[1]
            if part != mine and part in RANK and RANK[part] >= RANK[mine]:
                breaches.append(f"{path.relative_to(ROOT)}:{line} imports {part} from {mine}")
            elif part not in RANK and part not in NO_LAYER:
                breaches.append(f"{path.relative_to(ROOT)}:{line} imports {'.'.join(target)} through the root")
    assert breaches == []


def test_a_network_imports_torch_and_layers_only():
    for path in (ROOT / "networks").rglob("*.py"):
        if path.name == "__init__.py":
            continue
        errors = path.parent.name == "layers"  # what a config's bounds are refused with
        foreign = [
            t for t, _, _ in imports(path) if t[1:3] != ("networks", "layers") and not (errors and t[1] == "errors")
        ]
        assert foreign == [], path.name
        roots = {a.name.split(".")[0] for n in ast.walk(TREES[path]) if isinstance(n, ast.Import) for a in n.names}
        assert roots <= {"torch", "math", "itertools"}, path.name


def test_no_import_cycles():
    known = {module_of(p) for p in FILES}
    graph = defaultdict(set)
    for path in FILES:
        for target, _, at_import in imports(path):
            found = next((target[:n] for n in range(len(target), 1, -1) if target[:n] in known), None)
            if at_import and found and found != module_of(path):
                graph[module_of(path)].add(found)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(".".join(m) for m in error.args[1]))


def test_files_and_functions_stay_within_their_budgets():
    long_files = {p.name: n for p in FILES if (n := len(p.read_text(encoding="utf-8").splitlines())) > FILE_LINES}
    assert long_files == {}
    loop = ROOT / "training" / "loop.py"
    limits = {path: LOOP_LINES if path == loop else FUNCTION_LINES for path in FILES}
    found = list(functions())
    assert [f"{p.name}:{f.name} {n}" for p, f, n in found if n > limits[p]] == []
    sizes = sorted(n for _, _, n in found)
    assert statistics.median(sizes) <= MEDIAN_LINES
    assert sizes[int(0.9 * (len(sizes) - 1))] <= P90_LINES


def test_public_functions_are_annotated_and_documented():
    missing = []
    for path, node, _ in functions():
        if node.name.startswith("_") or _is_nested(path, node):
            continue
        arguments = [a for a in node.args.args + node.args.kwonlyargs if a.arg not in ("self", "cls")]
        if node.returns is None or any(a.annotation is None for a in arguments):
            missing.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has no annotations")
        if ast.get_docstring(node) is None and not _is_method(path, node):
            missing.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has no docstring")
    assert missing == []


def _is_method(path, node):
    return any(isinstance(c, ast.ClassDef) and node in c.body for c in ast.walk(TREES[path]))


def _is_nested(path, node):
    around = (
        f for f in ast.walk(TREES[path]) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) and f is not node
    )
    return any(node in ast.walk(f) for f in around)


LAYERS = {f"layers.{path.stem}" for path in (ROOT / "networks" / "layers").glob("*.py")}
BESIDES = [("operations", {"inverting", "operation", "pointing", "translating"}), ("networks", LAYERS)]


@pytest.mark.parametrize(("folder", "besides"), BESIDES)
def test_tables_name_every_file_and_every_entry_exists(folder, besides):
    package = importlib.import_module(f"packshot.{folder}")
    files = {".".join(module_of(p)) for p in (ROOT / folder).rglob("*.py") if p.name != "__init__.py"}
    files -= {f"packshot.{folder}.{name}" for name in besides}
    named = {place.split(":")[0] for place in package.TABLE.values()}
    assert files == named
    for place in package.TABLE.values():
        module, *attributes = place.split(":")
        for attribute in attributes:
            assert hasattr(importlib.import_module(module), attribute), place


def test_parameter_models_and_the_command_line_need_no_torch():
    code = (
        "import sys, json, packshot, packshot.cli, packshot.pipeline.recipe\n"
        "from packshot import operations\n"
        "models = [operations.find(name) for name in operations.TABLE]\n"
        "schemas = [m.model_json_schema() for m in models]\n"
        "print(json.dumps([m for m in ('torch', 'numpy', 'cv2', 'PIL', 'kornia', 'onnxruntime') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_every_operation_parameter_is_described_and_bounded():
    from packshot import operations

    for name in operations.TABLE:
        for key, info in operations.find(name).model_fields.items():
            assert info.description, f"{name}.{key} has no help text"
            if info.annotation in (int, float):
                bounds = {k for m in info.metadata for k in ("ge", "gt", "le", "lt") if getattr(m, k, None) is not None}
                assert bounds & {"ge", "gt"}, f"{name}.{key} has no lower bound"
                assert bounds & {"le", "lt"}, f"{name}.{key} has no upper bound"


def test_no_pickle_and_no_work_for_a_registry():
    for path, tree in TREES.items():
        roots = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        roots |= {(n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not roots & {"pickle", "shelve", "marshal", "dill", "joblib"}, path.name
