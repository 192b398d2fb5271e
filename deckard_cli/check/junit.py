"""Reports as JUnit XML, which CI services show as tests: a suite for each clip, a case for each finding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from deckard_cli.check.report import Finding, Report

__all__ = ["junit"]

_UNTOLD: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, and names of files may have in them."""


def junit(reports: Sequence[Report]) -> bytes:
    """`reports` as an XML document in UTF-8."""
    root = ElementTree.Element("testsuites", {"name": "deckard check", **_counts(reports)})
    for report in reports:
        suite = ElementTree.SubElement(root, "testsuite", {"name": _told(str(report.path)), **_counts([report])})
        for finding in report.findings:
            _case(suite, report, finding)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(reports: Sequence[Report]) -> dict[str, str]:
    oks = [finding.ok for report in reports for finding in report.findings]
    return {"tests": str(len(oks)), "failures": str(oks.count(False)), "errors": "0", "skipped": str(oks.count(None))}


def _case(suite: ElementTree.Element, report: Report, finding: Finding) -> None:
    case = ElementTree.SubElement(suite, "testcase", name=finding.name, classname=_told(report.path.stem), time="0")
    if finding.ok is False:
        ElementTree.SubElement(case, "failure", message=_told(finding.sentence), type=finding.name)
    elif finding.ok is None:
        ElementTree.SubElement(case, "skipped", message=_told(finding.sentence))


def _told(text: str) -> str:
    return _UNTOLD.sub("\ufffd", text)
