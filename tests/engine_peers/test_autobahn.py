"""The engine's WebSockets, judged by Autobahn's fuzzingserver (RFC 6455 and 7692).

The engine sends back what it receives (`engine/examples/websocket_echo.rs`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from fuzzing_server import AGENT, Verdict, fuzzing_server
from websockets.sync.client import connect

PROJECT = Path(__file__).parents[2]
BUILDS_WITHIN_S = 900.0
RULES = ("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*")
LENGTHS = ("9.*", "10.*")
SIZES = (1, 3, 5, 8, 14)
"""Messages of 16 bytes to 32 KiB, and of 128 KiB in fragments: all 18 take more than an hour."""
COMPRESSED = ("12.1", "12.2", "12.3", "12.4", "12.5", "13.1", "13.2", "13.7")
OF_A_WINDOW = ("13.3", "13.4", "13.5", "13.6")
"""They shrink the window of a client, which the engine does not offer."""


def echo_client() -> Path:
    """Build it, as `make test` has done."""
    words = ["--profile", "checked", "--locked", "--quiet", "--features", "cli,upstream"]
    cargo = shutil.which("cargo") or str(Path.home() / ".cargo" / "bin" / "cargo")
    subprocess.run(
        [cargo, "build", *words, "--example", "websocket_echo"],
        cwd=PROJECT, timeout=BUILDS_WITHIN_S, check=True,
    )  # fmt: skip
    target = Path(os.environ.get("CARGO_TARGET_DIR") or PROJECT / "target")
    return target / "checked" / "examples" / "websocket_echo"


def judged(
    cases: Sequence[str], folder: Path, *, deflate: bool = False, within_s: float
) -> Mapping[str, Verdict]:
    """Run all cases that match, one after the other."""
    with fuzzing_server(cases, folder) as server:
        with connect(f"ws://{server.address}/getCaseCount", proxy=None) as asked:
            count = int(asked.recv(60.0))
        paths = [f"/runCase?case={number}&agent={AGENT}" for number in range(1, count + 1)]
        paths.append(f"/updateReports?agent={AGENT}")
        command = [echo_client(), server.address, "deflate" if deflate else "plain", *paths]
        subprocess.run(command, timeout=within_s, check=True)
        verdicts = server.verdicts()
    assert len(verdicts) == count
    return verdicts


def summary(verdicts: Mapping[str, Verdict]) -> Counter[str]:
    """Count cases by what is said of the behavior; one that is wrong is counted by its number."""
    fine = {"OK", "INFORMATIONAL"}
    return Counter(
        said.behavior if {said.behavior, said.close} <= fine else f"{case}: {said}"
        for case, said in verdicts.items()
    )


@pytest.mark.live
def test_all_cases_of_frames_pings_fragments_text_and_closing_pass(tmp_path: Path) -> None:
    verdicts = judged(RULES, tmp_path, within_s=600.0)
    assert summary(verdicts) == {"OK": 243, "INFORMATIONAL": 3}


@pytest.mark.soak
def test_long_messages_and_many_pass(tmp_path: Path) -> None:
    verdicts = judged(LENGTHS, tmp_path, within_s=1_200.0)
    assert summary(verdicts) == {"OK": 55}


@pytest.mark.soak
def test_compressed_messages_pass(tmp_path: Path) -> None:
    cases = [f"{group}.{size}" for group in COMPRESSED for size in SIZES]
    declined = [f"{group}.1" for group in OF_A_WINDOW]
    verdicts = judged([*cases, *declined], tmp_path, deflate=True, within_s=1_200.0)
    assert {verdicts[case].behavior for case in declined} == {"UNIMPLEMENTED"}
    assert summary({case: verdicts[case] for case in cases}) == {"OK": len(cases)}
