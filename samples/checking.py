"""The data check: every picture read once, and everything that a result could suffer from."""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from .file_checks import file_findings
from .findings import ERROR, SEVERITIES, Finding, in_order
from .folders import FoundSamples
from .label_checks import Claim
from .loading import ReadingProgress
from .pair_checks import pair_findings
from .picture_facts import PictureFacts, read_facts
from .quick_check import quick_findings
from .shortcut_checks import shortcut_findings
from .source import SampleSource, find_source_samples


@dataclass(frozen=True)
class CheckReport:
    """What the data check found.

    Attributes:
        found: the samples that were looked at.
        findings: the worst first.
        pictures: how many samples there are.
    """

    found: FoundSamples
    findings: tuple[Finding, ...]
    pictures: int

    @property
    def counts(self) -> Mapping[str, int]:
        """Count the findings of each severity."""
        counted = Counter(finding.severity for finding in self.findings)
        return {severity: counted[severity] for severity in SEVERITIES}

    @property
    def falsifies(self) -> bool:
        """Tell whether something would falsify a result."""
        return any(finding.severity == ERROR for finding in self.findings)


def check_events(
    source: SampleSource, claim: Claim
) -> Generator[ReadingProgress, None, CheckReport]:
    """Check the pictures of a data folder; nothing in it is changed.

    Memory grows with the number of pictures, by about 10 KB each, not with their size.

    Args:
        source: folders or a CSV, as for a training.
        claim: the accuracy that the splits' sizes are to allow.

    Yields:
        A `ReadingProgress` a picture.

    Raises:
        DataError: there are no pictures, or the layout or CSV is not understood.
        UsageError: `group_by` or `split` fits nothing.
    """
    found = find_source_samples(source)
    total = len(found.everything)
    facts: list[PictureFacts] = []
    for row in read_facts(found.everything):
        facts.append(row)
        yield ReadingProgress(len(facts), total)
    findings = [*quick_findings(found, claim), *_read_findings(found, facts)]
    return CheckReport(found, in_order(findings), total)


def _read_findings(found: FoundSamples, facts: Sequence[PictureFacts]) -> list[Finding]:
    return [
        *_none_readable(found, facts),
        *(finding for row in facts for finding in file_findings(row)),
        *pair_findings(found, facts),
        *shortcut_findings(facts, found.task),
    ]


def _none_readable(found: FoundSamples, facts: Sequence[PictureFacts]) -> list[Finding]:
    """Say that nothing was checked: without a decoded picture no other check can find a thing."""
    if any(row.header is not None and row.error is None for row in facts):
        return []
    detail = "not one picture can be decoded; replace them, or give another folder"
    return [Finding("none-readable", (found.root,), detail)]
