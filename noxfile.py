"""`nox` runs lint, typecheck and tests; `nox -s crosscheck` is the main job; `nox -l` lists all.

Each session builds its own environment and keeps it for the next run. The frameworks' versions
stand in pyproject.toml, in the dependency group `frameworks`, and nowhere else.
"""

import nox

nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "typecheck", "tests"]
nox.options.default_venv_backend = "virtualenv"

PROJECT = nox.project.load_toml("pyproject.toml")


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
    """Run every test. Options behind `--` go to pytest: `--cov` fails below 100 % of branches."""
    install(session, "frameworks", "coverage")
    session.run("pytest", "-n", "2", *session.posargs)


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
def mutation(session: nox.Session) -> None:
    """Mutate the examples and the rule; every mutant is killed, or listed with its reason."""
    install(session, "mutation")
    session.run("python", "tests/mutants.py", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure what a gradient costs, by whom, and how far from the limit; `--quick` in a minute."""
    install(session, "frameworks", "benchmarks")
    session.run("python", "-m", "benchmarks.speed.gradients", *session.posargs)


@nox.session
def cost(session: nox.Session) -> None:
    """Measure `certify` beside gradcheck and its relatives: time, and the least error noticed."""
    install(session, "frameworks", "benchmarks")
    session.run("python", "-m", "benchmarks.speed.gradcheck", *session.posargs)


@nox.session
def settings(session: nox.Session) -> None:
    """Compare the verdicts under other numbers of threads and instruction sets."""
    install(session, "frameworks", "benchmarks")
    session.run("python", "-m", "benchmarks.accuracy.settings", *session.posargs)


@nox.session
def campaign(session: nox.Session) -> None:
    """Judge random networks and mistakes planted in them, for about two minutes on two cores."""
    install(session, "frameworks")
    session.run(
        "python", "-m", "benchmarks.accuracy.campaign", *(session.posargs or ["--nets", "5000"])
    )


@nox.session
def diagnosis(session: nox.Session) -> None:
    """Count how often the diagnosis names a planted mistake, for half an hour on two cores."""
    install(session, "frameworks")
    session.run("python", "-m", "benchmarks.accuracy.diagnosis", *session.posargs)
