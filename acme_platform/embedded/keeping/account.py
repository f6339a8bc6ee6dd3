"""The account that a server runs as. PostgreSQL refuses to run as root, and wants a user with a name.

    who starts it                                  the server runs as
    an ordinary user                               that user
    root, or a user without a name (containers)    nobody, inside a user namespace: outside the files stay the starter's
    root where namespaces are forbidden (Docker)   nobody, who may still pass every folder (one capability of root's)

In the third case no binary is copied and no folder is opened up, even when ACME_HOME is in root's home.
"""

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from acme_platform.errors import MendInput

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Account:
    """`become` runs in the child before the program does; `uid` owns the data, seen from outside."""

    uid: int
    become: Callable[[], None]

    def enter(self) -> None:
        """Become it in a child that was just forked, or end there and say why: its parent would hear of no reason."""
        try:
            self.become()
        except OSError as error:
            os.write(2, f"no change to the account of the server: {error}\n".encode())
            os._exit(os.EX_OSERR)

    def own(self, folder: Path) -> None:
        """Give the folder to the account, when an earlier start ran as another one."""
        if folder.stat().st_uid == self.uid or os.geteuid() != 0:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, -1, follow_symlinks=False)


def choose_account() -> Account:
    """The first row of the table above that works here."""
    uid = os.geteuid()
    if uid != 0 and _has_name(uid):
        return Account(uid, _stay)
    for account in (Account(uid, enter_namespace), Account(NOBODY, partial(become_user, NOBODY))):
        if _works(account):
            return account
    raise MendInput(
        f"PostgreSQL does not run as root or without a user name, and here uid {uid} may become nobody else",
        "run the command as an ordinary user, or set ACME_WAREHOUSE_URL, ACME_DAGSTER_URL and ACME_REDIS_URL",
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _works(account: Account) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        subprocess.run(["/bin/true"], preexec_fn=account.become, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _stay() -> None:
    """The account is right as it is."""


def enter_namespace() -> None:
    """Nobody inside, the caller outside."""
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def become_user(uid: int) -> None:
    """Leave root for the user, with the right to pass every folder, across exec too."""
    _call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    bit = 1 << CAP_DAC_OVERRIDE
    # effective, permitted, inheritable of the first 32 capabilities, then of the others
    _call("capset", (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0))
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def _call(name: str, *arguments: object) -> None:
    """A call of the C library; minus one is an OSError."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)
