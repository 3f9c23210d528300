"""Capabilities (``capabilities(7)``): what root may do beyond file modes. A student's process holds none.

Stops: changing the identity, mounting, loading modules, raw sockets, overriding file modes and limits.
"""

from __future__ import annotations

import contextlib
import ctypes

from sandbox.kernel import PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, PR_CAPBSET_DROP, prctl, syscall

CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP = 0, 1, 3, 4, 5, 6, 7, 8
NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, SYS_ADMIN, MKNOD, AUDIT_WRITE, SETFCAP = 10, 13, 18, 21, 27, 29, 31

_VERSION_3 = 0x20080522
_MOST = 64


def held() -> frozenset[int]:
    """The capabilities in effect for this process."""
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    # (effective, permitted, inheritable), for the low and for the high half.
    sets = (ctypes.c_uint32 * 6)()
    syscall("capget", header, sets)
    bits = sets[0] | sets[3] << 32
    return frozenset(cap for cap in range(_MOST) if bits >> cap & 1)


def keep_only(kept: frozenset[int] = frozenset()) -> None:
    """Gives up, for good, every capability but ``kept``; a program that is run later cannot win one back."""
    mine = held()
    if SETPCAP in mine:
        # A number that the kernel does not know is refused, as is every one after it.
        with contextlib.suppress(OSError):
            for cap in range(_MOST):
                if cap not in kept:
                    prctl(PR_CAPBSET_DROP, cap)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    bits = sum(1 << cap for cap in kept & mine)
    low, high = bits & 0xFFFFFFFF, bits >> 32
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    syscall("capset", header, (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0))
