"""From a checkpoint to model files that were proved to answer as it does.

The package can be called: `tlx.export(run)` is `tlx.export.publish.export(run)`. Python puts an
imported package in the place of any function of its name, so the package itself has to be both.
"""

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .options import ExportOptions
    from .record import ExportedFile


class _CallablePackage(ModuleType):
    def __call__(
        self,
        run: str | os.PathLike[str],
        *,
        out: str | os.PathLike[str] | None = None,
        data: str | os.PathLike[str] | None = None,
        options: "ExportOptions | None" = None,
    ) -> "tuple[ExportedFile, ...]":
        """Export a run; see `tlx.export.publish.export`."""
        from .publish import DEFAULT, export

        return export(run, out=out, data=data, options=options or DEFAULT)


sys.modules[__name__].__class__ = _CallablePackage
