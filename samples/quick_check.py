"""The quick part of the data check: what needs no second look at the pictures."""

from collections.abc import Iterable
from dataclasses import replace

from .findings import Finding, in_order
from .folders import FoundSamples
from .label_checks import Claim, label_findings
from .pair_checks import group_findings
from .sample import LabelledPictures
from .stray_files import empty_label_findings, merged_label_findings, stray_findings

_SAID = ("few-pictures", "label-missing", "label-not-trained")
"""Kinds that a training says or refuses by itself."""


def quick_findings(found: FoundSamples, claim: Claim) -> list[Finding]:
    """Check what needs no picture to be decoded: labels, splits, groups, stray files."""
    return [*label_findings(found, claim), *group_findings(found), *_folder_findings(found)]


def training_findings(
    found: FoundSamples, pictures: LabelledPictures, of_files: Iterable[Finding]
) -> tuple[Finding, ...]:
    """Check what a training is about to use, beside what its notes say (`checks.remarks`).

    Args:
        found: the samples as they were found.
        pictures: as they were read and divided.
        of_files: what the reading pass found in single files.
    """
    divided = replace(
        found,
        flat=False,
        train=pictures.train,
        validation=pictures.validation,
        test=pictures.test or None,
        fixed={},
    )
    of_labels = (one for one in label_findings(divided, Claim()) if one.kind not in _SAID)
    return in_order([*of_labels, *_folder_findings(found), *of_files])


def _folder_findings(found: FoundSamples) -> list[Finding]:
    findings = list(stray_findings(found))
    if not found.from_csv:
        findings += [*empty_label_findings(found), *merged_label_findings(found)]
    return findings
