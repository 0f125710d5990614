"""How counts are written."""


def noun(count: int, singular: str) -> str:
    """Give the noun as it stands after a count: "picture" after 1, else "pictures"."""
    return singular if count == 1 else f"{singular}s"


def counted(count: int, singular: str) -> str:
    """Write a count with its noun: "1 picture", "2 pictures"."""
    return f"{count} {noun(count, singular)}"


def none_can_be_read(count: int, what: str = "picture") -> str:
    """Say it of all of so many."""
    if count == 1:
        return f"the only {what} cannot be read"
    return f"none of the {count} {what}s can be read" if count else f"there are no {what}s"
