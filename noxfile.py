"""`nox` runs lint, typecheck and tests; `nox -s crosscheck` is the main job; `nox -l` lists all.

Each session builds its own environment and keeps it for the next run. The frameworks' versions
stand in pyproject.toml, in the dependency group `frameworks`, and nowhere else. Any session runs on
another Python with `--force-python 3.13`.

On Linux, PyTorch's default wheels bring CUDA, gigabytes that no test needs. The README says how to
get those without.
"""

import shutil
from pathlib import Path

import nox

nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "typecheck", "tests"]
nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False  # a Python that is not installed is skipped

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)  # the classifiers'
# What depends most on the versions of NumPy, SciPy, PyTorch and JAX.
CORE = [f"tests/{name}" for name in ("core", "certification", "tracing", "kinks", "report")]


def install(session: nox.Session, *groups: str) -> None:
    """Install the dependency groups, and the project itself as it stands in the checkout."""
    session.install(*nox.project.dependency_groups(PROJECT, *groups), "-e", ".")


@nox.session
def crosscheck(session: nox.Session) -> None:
    """Check the six examples: the table. Options behind `--` go to the command."""
    install(session, "frameworks")
    session.run("crosscheck", *session.posargs, success_codes=[0])


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests. Options behind `--` go to pytest.

    `-m ""` runs the slow ones, too; with `--cov` all of them must reach every branch.
    """
    install(session, "frameworks", "coverage")
    session.run("pytest", "-n", "2", "-m", "not slow", *session.posargs)


@nox.session(python=PYTHONS[0])
def minimums(session: nox.Session) -> None:
    """Test the core with the lowest version that is declared of each dependency."""
    lowest = [requirement.replace(">=", "==", 1) for requirement in declared()]
    session.install(*lowest, "-e", ".")
    session.run("pytest", "-n", "2", *(session.posargs or CORE))


@nox.session(python=PYTHONS)
def newest(session: nox.Session) -> None:
    """Test the core with the newest version of each dependency, on every Python that there is."""
    session.install("--upgrade", "--upgrade-strategy", "eager", *declared(), "-e", ".")
    session.run("pytest", "-n", "2", *(session.posargs or CORE))


def declared() -> list[str]:
    """Return the requirements of the project, of its extras and of its tests."""
    project = PROJECT["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    tests = nox.project.dependency_groups(PROJECT, "test")
    found = dict.fromkeys([*project["dependencies"], *extras, *tests])
    return [one for one in found if not one.startswith(project["name"])]  # extras of extras


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check the types, strictly."""
    install(session, "frameworks", "typecheck")
    session.install("nox")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site, docs/_build/html: its snippets run, and whatever is wrong is an error."""
    install(session, "frameworks", "docs")
    site = Path("docs/_build/html")
    for folder in ("docs/_build", "docs/_generated"):  # cells that were executed are kept there
        shutil.rmtree(folder, ignore_errors=True)
    strict = ("-W", "--keep-going", "-j", "2")
    session.run("python", "-m", "sphinx", *strict, "-b", "html", "docs", str(site))
    session.run("python", "-m", "docs.building.offline", str(site))


@nox.session
def mutation(session: nox.Session) -> None:
    """Mutate the examples and the rule; every mutant is killed, or listed with its reason."""
    install(session, "mutation")
    session.run("python", "tests/mutants.py", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure the cost of a gradient by each framework, and hand-written; `--quick` in a minute."""
    install(session, "frameworks", "benchmarks")
    session.run("python", "-m", "benchmarks.speed.gradients", *session.posargs)


@nox.session
def cost(session: nox.Session) -> None:
    """Compare `certify` with gradcheck and its relatives: time, smallest error detected."""
    install(session, "frameworks", "benchmarks")
    session.run("python", "-m", "benchmarks.speed.gradcheck", *session.posargs)


@nox.session
def real(session: nox.Session) -> None:
    """Measure `certify` of loops, masks and convolutions as courses write them, cold and warm."""
    install(session, "frameworks", "benchmarks")
    session.run("python", "-m", "benchmarks.speed.real", *session.posargs)


@nox.session
def settings(session: nox.Session) -> None:
    """Compare the verdicts under other numbers of threads and instruction sets."""
    install(session, "frameworks", "benchmarks")
    session.run("python", "-m", "benchmarks.accuracy.settings", *session.posargs)


@nox.session
def campaign(session: nox.Session) -> None:
    """Judge random networks and mistakes planted in them; half of them by whole certificates."""
    install(session, "frameworks")
    session.run(
        "python", "-m", "benchmarks.accuracy.campaign", *(session.posargs or ["--nets", "5000"])
    )


@nox.session
def attack(session: nox.Session) -> None:
    """Try to make a verdict wrong: some 700 gradients, each beside its truth, for ten minutes."""
    install(session, "frameworks", "benchmarks")
    session.run("python", "-m", "benchmarks.accuracy.attack", *session.posargs)


@nox.session
def discover(session: nox.Session) -> None:
    """Find and judge the derivatives that the tests of released packages call, for half an hour."""
    install(session, "frameworks", "test")
    session.install("scikit-learn", "statsmodels")
    kept = "benchmarks/results/discover.json"
    session.run(
        "python", "-m", "benchmarks.accuracy.discover", *(session.posargs or ["--json", kept])
    )


@nox.session
def diagnosis(session: nox.Session) -> None:
    """Count how often the diagnosis names a planted mistake, for half an hour on two cores."""
    install(session, "frameworks")
    session.run("python", "-m", "benchmarks.accuracy.diagnosis", *session.posargs)


@nox.session
def styles(session: nox.Session) -> None:
    """Plant the mistakes of courses and books, and count how many are named rightly."""
    install(session, "frameworks")
    session.run("python", "-m", "benchmarks.accuracy.styles", *session.posargs)
