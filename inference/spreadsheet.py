"""Cells of the CSV files that we write for people, who open them in a spreadsheet."""

from collections.abc import Iterable

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")
"""Of a formula, as spreadsheets see it: https://owasp.org/www-community/attacks/CSV_Injection."""


def plain_cells(cells: Iterable[object]) -> tuple[object, ...]:
    """Put an apostrophe before texts that a spreadsheet would compute, or run; numbers stay."""
    return tuple(
        f"'{cell}" if isinstance(cell, str) and cell.startswith(_BEGINNINGS) else cell
        for cell in cells
    )
