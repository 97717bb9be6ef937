"""Find a Chromium, or install one: Debian's package as root, Playwright's own download elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> Path | None:
    """The executable: CURATION_CHROMIUM, one on PATH, or Playwright's download."""
    named = os.environ.get("CURATION_CHROMIUM")
    if named:
        return Path(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        downloaded = Path(playwright.chromium.executable_path)
    return downloaded if downloaded.exists() else None


def install() -> Path:
    """The executable, installed if there was none. Raises SystemExit with one line if that fails."""
    found = find()
    if found:
        return found
    debian = shutil.which("apt-get") and os.geteuid() == 0
    commands = (
        [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]]
        if debian
        else [[sys.executable, "-m", "playwright", "install", "chromium"]]
    )
    for command in commands:
        subprocess.run(command, check=False, stdout=sys.stderr, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    found = find()
    if not found:
        raise SystemExit(f"no Chromium, and `{' '.join(commands[-1])}` did not bring one. Fix: install Chromium")
    return found


if __name__ == "__main__":
    sys.stdout.write(f"{install()}\n")
