"""Mutation testing of the examples and of the rule: every mutant is killed, or explained.

    python tests/mutants.py [MODULE ...]

cosmic-ray changes one operator, number, comparison or decorator at a time, in a copy of the
checkout, and runs the tests that need no framework. A mutant that survives must stand in
equivalent_mutants.toml, as the line before and after and the reason why no test can
distinguish the two; what stands there and does not survive is an error, too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

Mutant: TypeAlias = tuple[str, str, str]  # module, line before, line after

ROOT = Path(__file__).parents[1]
LISTED = Path(__file__).with_name("equivalent_mutants.toml")
# Lists of names, without arithmetic; and the one network whose tests need a framework.
LEFT_OUT = {"__init__.py", "__main__.py", "multilayer_network.py", "names.py"}
MODULES = [
    *sorted(f"reference/{p.name}" for p in ROOT.glob("reference/*.py") if p.name not in LEFT_OUT),
    "crosscheck/core/verdict.py",
]
CONFIG = """
[cosmic-ray]
module-path = "{module}"
timeout = 60.0
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:cacheprovider reference tests/reference \
tests/core/test_verdict.py tests/examples/test_recorded_output.py"
distributor.name = "local"
# Bitwise operators on floats raise at once: they would only count as kills. An `|` stands in
# annotations alone, which never run; whether two equal numbers are one object is no behaviour.
filters.operators-filter.exclude-operators = [
    "core/ReplaceBinaryOperator_.*_(LShift|RShift|BitOr|BitXor|BitAnd)",
    "core/ReplaceBinaryOperator_BitOr_.*",
    "core/ReplaceComparisonOperator_.*_(Is|IsNot)",
    "core/ReplaceUnaryOperator_.*_Invert",
]
"""


def main() -> int:
    """Mutate the modules, two at a time; print the table; return 1 if anything is unexplained."""
    wanted = sys.argv[1:] or MODULES
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = dict(zip(wanted, pool.map(mutate, wanted), strict=True))
    survivors = Counter(mutant for _, alive in results.values() for mutant in alive)
    with LISTED.open("rb") as file:
        entries = tomllib.load(file)["equivalent"]
    listed = Counter(
        (entry["module"], entry["before"], after)
        for entry in entries
        for after in entry["after"]
        if entry["module"] in wanted
    )
    for module, (total, alive) in results.items():
        print(f"{module:32} {total:4} mutants, {total - len(alive):4} killed")
    for title, mutants in [("SURVIVED", survivors - listed), ("NOT ALIVE", listed - survivors)]:
        for module, before, after in sorted(mutants):
            print(f"{title}  {module}\n    - {before}\n    + {after}")
    return 0 if survivors == listed else 1


def mutate(module: str) -> tuple[int, list[Mutant]]:
    """Return how many mutants of the module there are, and those that no test killed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        (copy / "cosmic.toml").write_text(CONFIG.format(module=module, python=sys.executable))

        def run(*command: str) -> str:
            tool = [sys.executable, "-m", *command]
            return subprocess.run(
                tool, cwd=copy, check=True, stdout=subprocess.PIPE, text=True
            ).stdout

        run("cosmic_ray.cli", "init", "cosmic.toml", "session.sqlite")
        run("cosmic_ray.tools.filters.operators_filter", "session.sqlite", "cosmic.toml")
        run("cosmic_ray.cli", "exec", "cosmic.toml", "session.sqlite")
        records = [
            json.loads(line)
            for line in run("cosmic_ray.cli", "dump", "session.sqlite").splitlines()
        ]
    done = [result for _, result in records if result and result["worker_outcome"] != "skipped"]
    alive = [result for result in done if result["test_outcome"] == "survived"]
    return len(done), [(module, *changed(result["diff"])) for result in alive]


def changed(diff: str) -> tuple[str, str]:
    """Return the changed lines of a diff, before and after."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before, after = ([x[1:].strip() for x in lines if x.startswith(sign)] for sign in "-+")
    return " ".join(filter(None, before)), " ".join(filter(None, after))


if __name__ == "__main__":
    sys.exit(main())
