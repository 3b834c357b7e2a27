"""Projects as people lay them out: each is raced in the right environment, or told what to type.

A layout is a few files; `bin/python` stands for a virtual environment. Only the last test installs.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from user_projects import WSGI, files_below, find, write

from timetrial.model import BadInput
from timetrial.project.app_location import AppLocation, find_app_location
from timetrial.project.app_options import AppOptions
from timetrial.project.pythons import PythonChoice, choose_python
from timetrial.project.requirements import Requirements, requirements_in
from timetrial.project.workspace import members_of, with_folders_above, workspace_of
from timetrial.stacks.environment import run_uv

PROJECT = '[project]\nname = "{}"\nversion = "1"\n'
SHOP = PROJECT.format("shop")
NEEDS = 'dependencies = ["bottle"]\n'
BUILT = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
WORKSPACE = '[tool.uv.workspace]\nmembers = ["backend", "packages/*"]\nexclude = ["packages/old"]\n'
LOCK = """
    version = 1
    [[package]]
    name = "core"
    source = { editable = "packages/core" }
    [[package]]
    name = "shop"
    source = { virtual = "backend" }
"""
MEMBERS = {
    "pyproject.toml": WORKSPACE,
    "backend/pyproject.toml": SHOP + NEEDS,
    "backend/main.py": WSGI,
    "packages/core/pyproject.toml": PROJECT.format("core"),
    "packages/old/pyproject.toml": PROJECT.format("old"),
}
POETRY = '[tool.poetry.dependencies]\nbottle = "*"\n'


def environment(name: str = ".venv") -> dict[str, str]:
    return {f"{name}/pyvenv.cfg": "", f"{name}/bin/python": ""}


def located(folder: Path, app: str = ".") -> AppLocation:
    return find_app_location(AppOptions(app, folder=folder), {})


def chosen(folder: Path, app: str = ".") -> PythonChoice:
    return choose_python(None, located(folder, app).folders, None)


def required(folder: Path) -> Requirements:
    requirements = chosen(folder).requirements
    assert requirements is not None
    return requirements


@pytest.mark.parametrize(
    ("files", "place", "python"),
    [
        ({"main.py": WSGI, **environment()}, ".", ".venv"),
        ({"main.py": WSGI, "requirements.txt": "bottle", **environment("env")}, ".", "env"),
        ({**MEMBERS, "uv.lock": LOCK, **environment()}, "backend", ".venv"),
        (
            {**MEMBERS, "uv.lock": LOCK, **environment(), **environment("backend/.venv")},
            "backend",
            "backend/.venv",
        ),
        ({"pyproject.toml": SHOP, "app/main.py": WSGI, **environment()}, "app", ".venv"),
        ({".git/HEAD": "", "api/src/main.py": WSGI, **environment("api/venv")}, "api", "api/venv"),
        ({".git/HEAD": "", "api/main.py": WSGI, **environment("venv")}, "api", "venv"),
        (
            {"pyproject.toml": f"{SHOP}{POETRY}", "poetry.lock": "", "main.py": WSGI}
            | environment(),
            ".",
            ".venv",
        ),
    ],
    ids=[
        "flat", "named env", "workspace", "member of its own", "package one folder down",
        "monorepo by parts", "monorepo with one environment", "poetry in the project",
    ],
)  # fmt: skip
def test_the_environment_of_the_project_is_taken(
    tmp_path: Path, files: dict[str, str], place: str, python: str
) -> None:
    choice = chosen(write(tmp_path, files) / place)
    assert choice.python == tmp_path / python / "bin" / "python"
    assert choice.has_packages
    assert str(tmp_path / python) in choice.note


@pytest.mark.parametrize(
    ("files", "place", "file"),
    [
        ({"main.py": WSGI, "pyproject.toml": SHOP + NEEDS}, ".", "pyproject.toml"),
        (
            {"main.py": WSGI, "pyproject.toml": SHOP + NEEDS, "uv.lock": ""}
            | {"requirements.txt": "-e ."},
            ".",
            "uv.lock",
        ),
        ({**MEMBERS, "uv.lock": LOCK}, "backend", "uv.lock"),
        (MEMBERS, "backend", "backend/pyproject.toml"),
        # A project that is no member has a lock and an environment of its own.
        (
            {**MEMBERS, "uv.lock": LOCK, **environment()}
            | {"other/pyproject.toml": SHOP + NEEDS, "other/main.py": WSGI},
            "other",
            "other/pyproject.toml",
        ),
        ({"requirements.txt": "bottle", "src/main.py": WSGI}, ".", "requirements.txt"),
        ({".git/HEAD": "", "requirements.txt": "", "a/b/main.py": WSGI}, "a/b", "requirements.txt"),
        ({"pyproject.toml": SHOP + NEEDS, "a/b/main.py": WSGI}, "a/b", "pyproject.toml"),
        (
            {"main.py": WSGI, "pyproject.toml": SHOP + NEEDS, "requirements.txt": "-e .\nflask"},
            ".",
            "requirements.txt",
        ),
        (
            {"main.py": WSGI, "pyproject.toml": "[tool.black]\n", "requirements.txt": "flask"},
            ".",
            "requirements.txt",
        ),
    ],
    ids=[
        "pyproject", "uv", "uv workspace", "uv workspace without a lock", "beside a uv workspace",
        "src", "two folders down in a repository", "two folders down in a project",
        "requirements with the project", "pyproject of tools",
    ],
)  # fmt: skip
def test_an_environment_is_made_from_the_file_that_decides(
    tmp_path: Path, files: dict[str, str], place: str, file: str
) -> None:
    choice = chosen(write(tmp_path, files) / place)
    assert choice.requirements is not None
    assert choice.requirements.file == tmp_path / file
    shown = tmp_path / file if (tmp_path / file).parent != tmp_path / place else Path(file).name
    assert f"from {shown}" in choice.note


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"pyproject.toml": POETRY, "poetry.lock": ""}, "`poetry install`"),
        (
            {"pyproject.toml": f'{SHOP}dynamic = ["dependencies"]\n{POETRY}', "poetry.lock": ""},
            '`poetry install` in {} and add --python "$(poetry env info --path)"',
        ),
        (
            {"pyproject.toml": SHOP + NEEDS, "poetry.lock": ""},
            "poetry.lock is not read: for its versions, run `poetry install`",
        ),
        ({"pyproject.toml": SHOP + NEEDS, "pdm.lock": ""}, "`pdm install` in {} and add --python"),
        ({"Pipfile": "", "Pipfile.lock": "{}"}, '`pipenv install` in {} and add --python "$(pip'),
        ({"environment.yml": "name: shop\n"}, "`conda env create --prefix .conda"),
        ({"setup.cfg": "[options]\ninstall_requires = bottle\n"}, "venv/bin/pip install .` in {}"),
        ({"setup.py": "setup(install_requires=['bottle'])\n"}, ".venv/bin/pip install .` in {}"),
        ({"requirements/prod.txt": "x", "requirements/dev.txt": "y"}, "-r requirements/prod.txt`"),
    ],
    ids=[
        "Poetry 1", "Poetry dynamic", "Poetry 2", "PDM", "Pipenv", "conda", "setup.cfg", "setup.py",
        "requirements folder",
    ],
)  # fmt: skip
def test_a_list_for_another_tool_is_told_with_what_to_type(
    tmp_path: Path, files: dict[str, str], command: str
) -> None:
    write(tmp_path, {"main.py": WSGI, **files})
    assert command.format(tmp_path) in chosen(tmp_path).note


@pytest.mark.parametrize(
    ("files", "app", "target"),
    [
        ({"src/shop/__init__.py": "", "src/shop/web.py": WSGI}, "shop.web:app", "shop.web"),
        ({"src/shop/__init__.py": "", "src/shop/main.py": WSGI}, ".", "shop.main"),
        ({"main.py": "from web import *", "web.py": WSGI}, ".", "main"),
        ({"app/__init__.py": "", "app/main.py": WSGI}, ".", "app.main"),
        ({"api/main.py": WSGI}, ".", "api.main"),
    ],
    ids=["src, by name", "src", "star import", "package", "package without __init__.py"],
)
def test_the_app_of_a_layout_is_found(
    tmp_path: Path, files: dict[str, str], app: str, target: str
) -> None:
    (entry,) = located(write(tmp_path, files), app).entries
    assert entry.module == target


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"api/main.py": WSGI, "api/requirements.txt": ""}, "there is one below: name 'api'"),
        ({"a/b/main.py": WSGI, "a/b/Pipfile": ""}, "there is one below: name 'a/b'"),
        ({"main.py": "def create_app(): ..."}, "'main:create_app' may make one: .* --factory"),
        (MEMBERS, "there is one below: name 'backend'"),
    ],
    ids=["one folder down", "two folders down", "factory", "root of a workspace"],
)
def test_an_app_elsewhere_is_told_with_what_to_type(
    tmp_path: Path, files: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path, files))
    with pytest.raises(BadInput, match=sentence):
        find_app_location(AppOptions("."), {})


def test_a_member_installs_its_part_of_the_lock_and_copies_of_its_siblings(tmp_path: Path) -> None:
    requirements = required(write(tmp_path, {**MEMBERS, "uv.lock": LOCK}) / "backend")
    assert requirements.member == "shop"
    assert requirements.local == (tmp_path / "packages" / "core",)


def test_an_environment_of_a_workspace_that_lacks_a_member_is_told_with_what_to_type(
    tmp_path: Path,
) -> None:
    choice = chosen(write(tmp_path, {**MEMBERS, **environment()}) / "backend")
    assert "virtual environment of its uv workspace" in choice.note
    assert choice.advice.endswith(
        f"`uv sync --package shop` in {tmp_path} installs what shop needs."
    )


@pytest.mark.parametrize(
    ("line", "lines", "local"),
    [
        ("-e .", ["bottle"], []),
        (".[web, db]", ["bottle", "flask", "redis"], []),
        ("shop[web] @ file:.", ["bottle", "flask"], []),
        ("-e ./libs/foo", ["{}/libs/foo"], ["libs/foo"]),
        ("libs/foo[x] ; os_name == 'nt'", ["{}/libs/foo[x] ; os_name == 'nt'"], ["libs/foo"]),
        ("foo @ file://{}/libs/foo", ["foo @ file://{}/libs/foo"], ["libs/foo"]),
        ("--find-links=./wheels", ["--find-links {}/wheels"], []),
        ("./wheels/bar-1-py3-none-any.whl", ["{}/wheels/bar-1-py3-none-any.whl"], []),
        ("-e git+https://x.test/a/b.git@v1#egg=b", ["b @ git+https://x.test/a/b.git@v1"], []),
        ("b @ git+https://x.test/a/b.git", ["b @ git+https://x.test/a/b.git"], []),
        ("flask[async]>=3 ; python_version > '3'", ["flask[async]>=3 ; python_version > '3'"], []),
        ("-r more/base.txt", ["{}/more/foo", "-f {}/more/wheels"], ["more/foo"]),
    ],
)  # fmt: skip
def test_lines_of_requirements_mean_the_same_in_the_cache(
    tmp_path: Path, line: str, lines: list[str], local: list[str]
) -> None:
    extras = '[project.optional-dependencies]\nweb = ["flask"]\ndb = ["redis"]\n'
    files = {
        "main.py": WSGI,
        "pyproject.toml": f"{SHOP}{NEEDS}{extras}{BUILT}",
        "requirements.txt": f"-e .\n{line.format(tmp_path)}\n",
        "libs/foo/pyproject.toml": PROJECT.format("foo"),
        "wheels/bar-1-py3-none-any.whl": "",
        "more/base.txt": "./foo\n-f wheels\n",
        "more/foo/setup.py": "",
        "more/wheels/keep": "",
        "src/shop/__init__.py": "",
    }
    requirements = required(write(tmp_path, files))
    assert requirements.lines is not None
    assert list(requirements.lines[1:]) == [text.format(tmp_path) for text in lines]
    assert requirements.local == tuple(tmp_path / folder for folder in local)
    assert requirements.sources == (tmp_path / "src",)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": f'{SHOP}dynamic = ["dependencies"]\n{BUILT}'},
        {"setup.py": "raise SystemExit", "requirements.txt": "-e ."},
        {"setup.cfg": "[metadata]\nname = shop\n", "requirements.txt": "."},
    ],
    ids=["dynamic dependencies", "setup.py", "setup.cfg"],
)
def test_what_shows_only_when_it_is_built_is_built_from_a_copy(
    tmp_path: Path, files: dict[str, str]
) -> None:
    requirements = required(write(tmp_path, {"main.py": WSGI, **files}))
    assert requirements.lines == (str(tmp_path),)
    assert requirements.local == (tmp_path,)


def test_sources_of_uv_are_followed_to_their_own(tmp_path: Path) -> None:
    foo = '[tool.uv.sources]\nfoo = { path = "../libs/foo" }\n'
    files = {
        "shop/main.py": WSGI,
        "shop/pyproject.toml": f"{SHOP}{NEEDS}{foo}",
        "libs/foo/pyproject.toml": '[tool.uv.sources]\nbar = [{ path = "../bar" }]\n',
        "libs/bar/pyproject.toml": PROJECT.format("bar"),
    }
    local = required(write(tmp_path, files) / "shop").local
    assert local == (tmp_path / "libs" / "foo", tmp_path / "libs" / "bar")


def test_an_extra_that_does_not_exist_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": SHOP, "requirements.txt": "-e .[web]"})
    with pytest.raises(BadInput, match="has no extra 'web'; it has: none"):
        requirements_in([tmp_path])


def test_workspaces_are_what_uv_takes_them_for(tmp_path: Path) -> None:
    write(tmp_path, {**MEMBERS, "packages/core/app/main.py": WSGI, "a/pyproject.toml": SHOP})
    assert members_of(tmp_path) == (tmp_path / "backend", tmp_path / "packages" / "core")
    assert workspace_of(tmp_path / "packages" / "core") == tmp_path
    assert workspace_of(tmp_path / "packages" / "old") is None
    assert workspace_of(tmp_path / "a") is None
    core = tmp_path / "packages" / "core"
    assert with_folders_above([core / "app"]) == (core / "app", core, tmp_path)


def test_members_that_cannot_be_searched_for_are_told(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": '[tool.uv.workspace]\nmembers = ["/srv/*"]\n'})
    with pytest.raises(BadInput, match="'/srv/\\*' names no members"):
        members_of(tmp_path)


BUILDER = """
    import zipfile
    from pathlib import Path

    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        Path("build").mkdir()
        name = "core-1-py3-none-any.whl"
        with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
            wheel.write("core.py")
            metadata = "Metadata-Version: 2.1\\nName: core\\nVersion: 1"
            wheel.writestr("core-1.dist-info/METADATA", metadata)
            wheel.writestr("core-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any")
            wheel.writestr("core-1.dist-info/RECORD", "")
        return name

    build_editable = build_wheel
"""


@pytest.mark.parametrize("locked", [True, False])
def test_packages_of_a_workspace_are_installed_and_nothing_is_written_beside_them(
    tmp_path: Path, *, locked: bool
) -> None:
    builder = '[build-system]\nrequires = []\nbuild-backend = "builder"\nbackend-path = ["."]\n'
    core = 'dependencies = ["core"]\n[tool.uv.sources]\ncore = { workspace = true }\n'
    files = {
        **MEMBERS,
        "backend/pyproject.toml": f'{SHOP}requires-python = ">=3.11"\n{core}',
        "backend/main.py": f"import core\n{WSGI}",
        "packages/core/pyproject.toml": PROJECT.format("core") + builder,
        "packages/core/builder.py": BUILDER,
        "packages/core/core.py": "",
    }
    write(tmp_path, files)
    if locked:
        run_uv(tmp_path, "lock", "--offline").require_success("locking")
    before = files_below(tmp_path)
    assert find(tmp_path / "backend").installed == ("core==1",)
    assert files_below(tmp_path) == before
