"""Which pins an installer is told, for the packages of a stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from timetrial.model.errors import BadInput, ManifestError
from timetrial.stacks.pins import read_locks, resolve

LOCK = """\
# made by a tool
gevent==26.9.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via gunicorn
gunicorn==27.0.1 \\
    --hash=sha256:cc
two-faced==1.0 ; platform_python_implementation == 'PyPy' \\
    --hash=sha256:dd
two-faced==2.0 ; platform_python_implementation != 'PyPy' \\
    --hash=sha256:ee
"""


def lock(tmp_path: Path, text: str = LOCK, name: str = "requirements.txt") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_package_gets_the_version_of_the_lock_and_keeps_its_extras(tmp_path: Path) -> None:
    resolved = resolve(["gunicorn[gevent]"], read_locks([lock(tmp_path)]))
    assert resolved.requirements == ("gunicorn[gevent]==27.0.1",)
    assert resolved.hashed


def test_hashes_of_everything_in_the_lock_are_passed_on(tmp_path: Path) -> None:
    resolved = resolve(["gunicorn"], read_locks([lock(tmp_path)]))
    assert "--hash=sha256:aa" in resolved.constraints[0]
    assert "--hash=sha256:bb" in resolved.constraints[0]
    assert len(resolved.constraints) == 4


def test_a_version_for_each_marker_is_kept(tmp_path: Path) -> None:
    assert resolve(["Two_Faced"], read_locks([lock(tmp_path)])).requirements == (
        "Two_Faced==1.0 ; platform_python_implementation == 'PyPy'",
        "Two_Faced==2.0 ; platform_python_implementation != 'PyPy'",
    )


def test_a_package_outside_the_lock_is_free_and_hashes_are_not_demanded(tmp_path: Path) -> None:
    resolved = resolve(["flask", "gunicorn"], read_locks([lock(tmp_path)]))
    assert resolved.requirements == ("flask", "gunicorn==27.0.1")
    assert not resolved.hashed


def test_a_version_that_is_asked_for_beats_the_lock(tmp_path: Path) -> None:
    resolved = resolve(["gunicorn==26.0"], read_locks([lock(tmp_path)]))
    assert resolved.requirements == ("gunicorn==26.0",)
    assert not any(line.startswith("gunicorn") for line in resolved.constraints)
    assert not resolved.hashed


def test_what_an_earlier_lock_pins_a_later_one_does_not(tmp_path: Path) -> None:
    mine = lock(tmp_path, "gunicorn==26.0\n", "mine.txt")
    resolved = resolve(["gunicorn", "gevent"], read_locks([mine, lock(tmp_path)]))
    assert resolved.requirements == ("gevent==26.9.0", "gunicorn==26.0")
    assert not resolved.hashed


def test_the_order_of_packages_does_not_matter(tmp_path: Path) -> None:
    pins = read_locks([lock(tmp_path)])
    assert resolve(["gunicorn", "gevent"], pins) == resolve(["gevent", "gunicorn"], pins)


def test_a_line_that_pins_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"'flask>=3' is no pin; .* 'name==version'"):
        read_locks([lock(tmp_path, "flask>=3\n")])


def test_what_is_no_package_name_is_refused() -> None:
    with pytest.raises(BadInput, match="'--index-url' is no requirement"):
        resolve(["--index-url"], ())


def test_the_pin_of_an_override_holds_whatever_others_ask_for(tmp_path: Path) -> None:
    resolved = resolve(["gunicorn"], read_locks([lock(tmp_path)]), ["Gevent"])
    assert resolved.requirements == ("gunicorn==27.0.1",)
    assert [line.partition(" ")[0] for line in resolved.overrides] == ["gevent==26.9.0"]
    assert resolve(["gunicorn"], read_locks([lock(tmp_path)])).overrides == ()
