"""What was discovered, as JSON and JUnit XML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from crosscheck.core.version import __version__
from crosscheck.discover.report.terminal import remark
from crosscheck.discover.results import RIGHT, UNKNOWN, WRONG
from crosscheck.textbook.report.junit import ILLEGAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crosscheck.discover.candidates import Candidate
    from crosscheck.discover.results import Report

SCHEMA = 1
KINDS = {WRONG: "failure", UNKNOWN: "skipped"}


def to_json(report: Report) -> str:
    """Return the report as JSON text."""
    content = {
        "schema_version": SCHEMA,
        "crosscheck": __version__,
        "results": [result.as_dict() for result in report.results],
        "unpaired": list(report.unpaired),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def to_junit(report: Report) -> str:
    """Return the report as JUnit XML: a wrong derivative is a failure, an unknown one skipped."""
    called = [result for verdict in (WRONG, UNKNOWN, RIGHT) for result in report.of(verdict)]
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name="crosscheck discover",
        tests=str(len(called)),
        failures=str(len(report.of(WRONG))),
        errors="0",
        skipped=str(len(report.of(UNKNOWN))),
    )
    for result in called:
        module, _, name = result.name.partition(":")
        case = ET.SubElement(
            suite,
            "testcase",
            classname=module,
            name=name,
            file=result.file,
            line=str(result.line),
            time=f"{result.seconds:.3f}",
        )
        if result.verdict in KINDS:
            said = ILLEGAL.sub("", remark(result))
            ET.SubElement(case, KINDS[result.verdict], message=said).text = said
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def write_files(report: Report, candidates: Sequence[Candidate], files: Mapping[str, Path]) -> None:
    """Write what was found.

    Args:
        report: the results.
        candidates: what was recorded, for the test module.
        files: "json", "junit", "write" -> where to.

    """
    texts = {"json": to_json, "junit": to_junit}
    for kind, file in files.items():
        if kind == "write":
            from crosscheck.discover.report.test_module import write

            write(report, candidates, file)
        else:
            file.write_text(texts[kind](report), encoding="utf-8")
