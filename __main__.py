"""`python -m tlx`, which is also what torchrun starts."""

from .cli.start import main

if __name__ == "__main__":
    main()
