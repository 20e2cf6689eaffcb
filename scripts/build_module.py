"""Build the SpacetimeDB module into nerv_lab/inner_universe/spacetime, with its sources' hashes.

Needs Rust and the wasm32 target: `rustup target add wasm32-unknown-unknown`. Where Rust comes
without rustup, as from Debian (rustc-web, cargo-web, rust-web-src, lld), the target's standard
library is built along.

The result depends on the sources, the lock file and the version of Rust, and not on the machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from built_files import ROOT, hashes, sha256

CRATE = ROOT / "spacetime_module"
PACKAGED = ROOT / "nerv_lab" / "inner_universe" / "spacetime"
MODULE = "module.wasm"
SOURCES = "MODULE_SOURCES.json"
TARGET = "wasm32-unknown-unknown"
MAX_BYTES = 600_000
# What a path looks like that is none of ours.
_MACHINE_PATH = re.compile(
    rb"(?:/(?:root|home|Users|usr|tmp|opt|build|work)/|[A-Z]:\\)[\w./\\-]{0,80}"
)


def source_files() -> list[Path]:
    """Return every file the module is built from, dependencies apart."""
    named = [CRATE / name for name in ("Cargo.toml", "Cargo.lock")]
    return sorted([*named, *(CRATE / "src").rglob("*.rs")])


def source_hashes() -> dict[str, str]:
    """Return the hash of each source file, by its path in the repository."""
    return hashes(source_files())


def machine_paths(wasm: bytes) -> list[str]:
    """Return what in a module tells where it was built."""
    return sorted({found.decode() for found in _MACHINE_PATH.findall(wasm)})


def build(target_dir: Path) -> Path:
    """Compile the crate and return the module."""
    rustc, cargo, flags, settings = _toolchain()
    environment = {**os.environ, **settings, "RUSTC": rustc, "CARGO_TARGET_DIR": str(target_dir)}
    # Fetched first, so that the folders of the crates are there to be renamed.
    subprocess.run([cargo, "fetch", "--locked"], cwd=CRATE, check=True, env=environment)
    environment["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(_renamings(rustc, target_dir))
    command = [cargo, "build", "--locked", "--release", "--target", TARGET, *flags]
    subprocess.run(command, cwd=CRATE, check=True, env=environment)
    return target_dir / TARGET / "release" / "nerv_lab_module.wasm"


def _renamings(rustc: str, target_dir: Path) -> list[str]:
    """Return the options that keep this machine's folders out of the module."""
    cargo_home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    # Where several of them match, the last one counts.
    folders = {
        _sysroot(rustc): "/rust",
        str(cargo_home): "/cargo",
        **{str(crates): "/crates" for crates in (cargo_home / "registry" / "src").glob("*")},
        str(CRATE): "/module",
        str(target_dir): "/target",
    }
    return [f"--remap-path-prefix={given}={shown}" for given, shown in folders.items()]


def _toolchain() -> tuple[str, str, list[str], dict[str, str]]:
    """Return rustc, cargo, and what makes them build for wasm32."""
    rustc, cargo = shutil.which("rustc"), shutil.which("cargo")
    if rustc and cargo and (Path(_sysroot(rustc)) / "lib" / "rustlib" / TARGET).is_dir():
        return rustc, cargo, [], {}
    if Path("/usr/bin/rustc").is_file() and shutil.which("wasm-ld"):
        linker = f"CARGO_TARGET_{TARGET.replace('-', '_').upper()}_LINKER"
        settings = {"RUSTC_BOOTSTRAP": "1", linker: "wasm-ld"}
        return "/usr/bin/rustc", "/usr/bin/cargo", ["-Zbuild-std=std,panic_abort"], settings
    sys.exit(f"no Rust for {TARGET}: rustup target add {TARGET}")


def _sysroot(rustc: str) -> str:
    return _output([rustc, "--print", "sysroot"])


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def record(module: Path) -> dict[str, Any]:
    """Return what is written beside the module."""
    return {
        "module": {"file": MODULE, "bytes": module.stat().st_size, "sha256": sha256(module)},
        "rustc": _output([_toolchain()[0], "--version"]).split(" (")[0],
        "sources": source_hashes(),
    }


def main() -> None:
    """Build, refuse what tells of this machine, and say how large it became."""
    with tempfile.TemporaryDirectory() as folder:
        built = build(Path(os.environ.get("CARGO_TARGET_DIR", folder)).resolve())
        wasm = built.read_bytes()
    if found := machine_paths(wasm):
        sys.exit("the module holds paths of this machine:\n" + "\n".join(found))
    if len(wasm) > MAX_BYTES:
        sys.exit(f"the module has {len(wasm)} bytes; at most {MAX_BYTES} are allowed")
    PACKAGED.mkdir(exist_ok=True)
    module = PACKAGED / MODULE
    module.write_bytes(wasm)
    text = json.dumps(record(module), indent=2, sort_keys=True)
    (PACKAGED / SOURCES).write_text(text + "\n")
    print(f"{module.relative_to(ROOT)}: {len(wasm)} bytes")


if __name__ == "__main__":
    main()
