"""How counts are written."""


def noun(count: int, singular: str) -> str:
    """Give the noun as it stands after a count: "picture" after 1, else "pictures"."""
    return singular if count == 1 else f"{singular}s"


def counted(count: int, singular: str) -> str:
    """Write a count with its noun: "1 picture", "2 pictures"."""
    return f"{count} {noun(count, singular)}"
