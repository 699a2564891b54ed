"""The React snippet as a shop builds it: types checked, bundled by esbuild, packages from npm as the lock file says."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.browser.snippets.programs import lacking, program

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
STRICT = ("--noEmit", "--strict", "--skipLibCheck", "--jsx", "react-jsx", "--target", "es2022", "--module", "esnext")


def packages() -> Path:
    """Where `node_modules` is: installed once, outside the tree. Skips the test where that can't be done, fails it in CI."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shelfwise"
    home = kept / f"snippets-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    if (home / "node_modules").exists():
        return home
    npm = program("npm", "npm")
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept) as made:
        fresh = Path(made) / "home"
        fresh.mkdir()
        for path in (LOCK, HERE / "package.json"):
            shutil.copy(path, fresh)
        # No script of a package is run: esbuild's would look for what npm has brought already.
        quickly = ["--fetch-retries=2", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000"]
        done = _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *quickly], fresh, 240)
        if done.returncode:
            lacking(f"npm could not install the packages: {done.stderr[-300:]}")
        if not home.exists():
            fresh.rename(home)
    return home


def bundled(folder: Path, entry: str) -> str:
    """The script of `entry`, a file in `folder`, with React in it, in its development build."""
    home = packages()
    _linked(folder, home)
    command = [str(home / "node_modules/.bin/esbuild"), entry, "--bundle", "--jsx=automatic", "--target=es2022"]
    done = _run([*command, '--define:process.env.NODE_ENV="development"'], folder, 60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def type_errors(folder: Path, names: Sequence[str]) -> str:
    """What the TypeScript compiler has against the files, as strict as it can be."""
    home = packages()
    _linked(folder, home)
    command = [
        str(home / "node_modules/.bin/tsc"),
        *STRICT,
        "--moduleResolution",
        "bundler",
        "--lib",
        "es2023,dom,dom.iterable",
    ]
    return _run([*command, "--noUncheckedIndexedAccess", "--noUnusedLocals", *names], folder, 120).stdout


def _linked(folder: Path, home: Path) -> None:
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(home / "node_modules")


def _run(command: Sequence[str], folder: Path, seconds: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
