"""Run a program that the system kills as soon as it asks for a socket of IPv4 or IPv6.

`python without_network.py PROGRAM ARGUMENTS`: a filter of system calls (seccomp), which also all
processes have that the program starts, and libraries in C as well as Python.
"""

import ctypes
import os
import platform
import struct
import sys

NUMBERS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""By processor: the audit architecture, and the number of the system call `socket`."""
AF_INET, AF_INET6 = 2, 10
KILL, ALLOW = 0x80000000, 0x7FFF0000
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2


def block() -> None:
    """Put the filter on this process; it cannot be taken away again."""
    architecture, number = NUMBERS[platform.machine()]
    steps = [
        *((LOAD, 0, 0, 4), (EQUAL, 0, 6, architecture)),
        *((LOAD, 0, 0, 0), (EQUAL, 0, 4, number)),
        *((LOAD, 0, 0, 16), (EQUAL, 1, 0, AF_INET), (EQUAL, 0, 1, AF_INET6)),
        *((RETURN, 0, 0, KILL), (RETURN, 0, 0, ALLOW)),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *step) for step in steps))
    program = struct.pack("<H6xQ", len(steps), ctypes.addressof(code))
    control = ctypes.CDLL(None, use_errno=True).prctl
    for request in ((NO_NEW_PRIVILEGES, 1, 0, 0, 0), (SECCOMP, FILTER, program, 0, 0)):
        if control(*request):
            raise OSError(ctypes.get_errno(), "no filter of system calls here")


if __name__ == "__main__":
    block()
    os.execvp(sys.argv[1], sys.argv[1:])
