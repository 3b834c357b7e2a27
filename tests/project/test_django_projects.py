"""A project of Django's is found by its folder, unmodified, as startproject makes it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from user_projects import find, user_environment, write

from timetrial.model.errors import AppImportError, BadInput
from timetrial.stacks.environment import Environment


@pytest.fixture(scope="session")
def django() -> Environment:
    return user_environment("django")


@pytest.fixture(scope="module")
def as_made(django: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    subprocess.run(
        [django.bin / "django-admin", "startproject", "mysite", folder], check=True, timeout=60
    )
    return folder


@pytest.fixture
def site(tmp_path: Path, as_made: Path) -> Path:
    shutil.copytree(as_made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_folder_has_both_interfaces(site: Path, django: Environment) -> None:
    project = find(site, python=str(django.python))
    assert dict(project.targets) == {
        "wsgi": "mysite.wsgi:application",
        "asgi": "mysite.asgi:application",
    }
    assert project.framework.startswith("Django 5.2.")
    assert project.name == "mysite"
    assert project.root == site
    assert any("debug mode" in note for note in project.notes)


def test_a_project_in_a_folder_of_the_repository_is_found(
    tmp_path: Path, as_made: Path, django: Environment
) -> None:
    backend = shutil.copytree(as_made, tmp_path / "backend")
    project = find(tmp_path, python=str(django.python))
    assert project.root == backend
    assert set(project.targets) == {"wsgi", "asgi"}


def test_who_names_one_interface_gets_that_one(site: Path, django: Environment) -> None:
    project = find(site, "mysite.wsgi:application", python=str(django.python))
    assert dict(project.targets) == {"wsgi": "mysite.wsgi:application"}
    assert any("'mysite.asgi:application'" in note for note in project.notes)


def test_a_module_that_is_missing_leaves_the_other_interface(
    site: Path, django: Environment
) -> None:
    (site / "mysite" / "asgi.py").unlink()
    assert set(find(site, python=str(django.python)).targets) == {"wsgi"}


def test_a_module_that_does_not_import_is_left_out_with_the_reason(
    site: Path, django: Environment
) -> None:
    (site / "mysite" / "asgi.py").write_text("import shop_channels\n")
    project = find(site, python=str(django.python))
    assert set(project.targets) == {"wsgi"}
    assert any("'mysite.asgi:application'" in note for note in project.notes)
    assert any("'shop_channels'" in note for note in project.notes)


def test_a_setting_that_is_missing_offers_the_environment(site: Path, django: Environment) -> None:
    settings = site / "mysite" / "settings.py"
    text = settings.read_text()
    settings.write_text(
        text.replace("SECRET_KEY = ", "import os\nSECRET_KEY = os.environ['KEY'] # ")
    )
    with pytest.raises(AppImportError, match=r"variable KEY \(mysite/settings.py, "):
        find(site, python=str(django.python))


def test_settings_that_nobody_names_are_a_variable(tmp_path: Path, django: Environment) -> None:
    code = "from django.core.wsgi import get_wsgi_application\napp = get_wsgi_application()\n"
    with pytest.raises(AppImportError, match="variable DJANGO_SETTINGS_MODULE "):
        find(write(tmp_path, {"shop.py": code}), "shop:app", python=str(django.python))


def test_hosts_that_would_refuse_every_request_are_noted(site: Path, django: Environment) -> None:
    settings = site / "mysite" / "settings.py"
    settings.write_text(settings.read_text().replace("DEBUG = True", "DEBUG = False"))
    (note,) = find(site, python=str(django.python)).notes[1:]
    assert note.startswith("ALLOWED_HOSTS ")
    assert "127.0.0.1" in note
    with settings.open("a") as file:
        file.write("\nALLOWED_HOSTS = ['.shop.example', 'www.shop.example']\n")
    (note,) = find(site, python=str(django.python)).notes[1:]
    assert "say --header 'Host: shop.example', or add it for the race" in note


def test_without_django_the_python_that_was_taken_is_named(site: Path) -> None:
    with pytest.raises(BadInput, match=r"the module 'django'.* bare CPython"):
        find(site)
