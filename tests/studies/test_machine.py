"""The machine that figures are measured on."""

import os
import platform

from tlx.studies.machine import describe_machine


def test_this_machine_is_described():
    found = describe_machine()
    assert 1 <= found.cores <= (os.cpu_count() or 1)
    assert found.python == platform.python_version()
    assert found.onnxruntime[0].isdigit()
    assert found.load_average is None or found.load_average >= 0
