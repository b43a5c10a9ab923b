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
