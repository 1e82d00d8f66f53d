"""Where the stock clients live: environments of their own in a cache folder, made when they are not there yet."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def environment(cache: Path, name: str) -> Path:
    """Python of the environment with what `requirements/NAME.txt` pins. Raises CalledProcessError."""
    wanted = HERE / "requirements" / f"{name}.txt"
    folder = cache / f"{name}-{_mark(wanted)}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        _say(f"installing {', '.join(wanted.read_text().split())}")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", wanted], check=True)
        (folder / "ready").touch()
    return python


def node_folder(cache: Path) -> Path:
    """Folder with the JavaScript clients, and our scripts beside their packages. Raises CalledProcessError."""
    wanted = HERE / "package.json"
    folder = cache / f"js-{_mark(wanted)}"
    if not (folder / "ready").exists():
        _say("installing the JavaScript packages")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(wanted, folder)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)
        (folder / "ready").touch()
    for script in [*(HERE / "clients").glob("*.mjs"), *(HERE / "clients").glob("*.html")]:
        shutil.copy(script, folder)  # packages are looked for from where a script lies
    return folder


def _mark(wanted: Path) -> str:
    return hashlib.sha256(wanted.read_bytes()).hexdigest()[:8]


def _say(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)
