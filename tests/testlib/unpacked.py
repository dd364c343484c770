# SPDX-License-Identifier: BSD-2-Clause
"""Shows the programs of .ci/fetch-peers at their usual paths, inside the private world of netlab.Lab.

install() covers /usr with a tree of links: into the real /usr, and into the unpacked packages where they have
something of their own. A set-user-id program ignores LD_LIBRARY_PATH (ld.so(8)), so the libraries are made known
through the loader's cache; /etc is private already.
"""
import os
import pathlib
import subprocess

import namespaces
import netlab

_HOST = pathlib.Path("/run/.usr")
_PACKAGES = pathlib.Path("/run/.peers")


def _bind(source, target):
    target.mkdir()
    namespaces.mount(str(source), str(target), None, namespaces.MS_BIND | namespaces.MS_REC)


def _graft(packaged, host, shown):
    """Makes `shown` a folder with everything of both; what both have as a file is the package's."""
    shown.mkdir(mode=0o755)
    names = {entry.name for folder in (packaged, host) if folder.is_dir() for entry in folder.iterdir()}
    for name in sorted(names):
        ours, theirs = packaged / name, host / name
        if ours.is_dir() and not ours.is_symlink() and theirs.is_dir():
            _graft(ours, theirs, shown / name)
        else:
            here = ours.exists() or ours.is_symlink()
            (shown / name).symlink_to(ours if here else theirs)


def install():
    if not (netlab.PEERS / "usr").is_dir():
        raise FileNotFoundError(f"{netlab.PEERS}: run .ci/fetch-peers first")
    _bind("/usr", _HOST)
    _bind(netlab.PEERS, _PACKAGES)
    _graft(_PACKAGES / "usr", _HOST, pathlib.Path("/run/.shown"))
    namespaces.mount("/run/.shown", "/usr", None, namespaces.MS_BIND)
    libraries = [str(folder) for pattern in ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*")
                 for folder in sorted(_PACKAGES.glob(pattern))]
    pathlib.Path("/etc/ld.so.conf.d").mkdir(exist_ok=True)
    pathlib.Path("/etc/ld.so.conf.d/unpacked.conf").write_text("\n".join(libraries) + "\n")
    subprocess.run([_HOST / "sbin/ldconfig"], check=True, timeout=60)
    os.chdir("/")
