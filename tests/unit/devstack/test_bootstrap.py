import subprocess

import pytest

from devstack import bootstrap


@pytest.fixture
def requirements(tmp_path):
    path = tmp_path / "requirements-devstack.txt"
    path.write_text("django==5.2\n")
    return path


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """A .venv below tmp_path whose pip does nothing but note that it was called.

    `pip.status` is how it ends; `pip.conflicts` is in how many installations to come `pip check` finds a conflict.
    """
    venv = tmp_path / ".venv"
    for name, path in (("VENV", venv), ("PYTHON", venv / "bin" / "python"), ("INSTALLING", venv / ".installing")):
        monkeypatch.setattr(bootstrap, name, path)

    class Pip:
        calls = 0
        made = 0
        status = 0
        conflicts = 0

    def install(_command):
        Pip.calls += 1
        assert bootstrap.INSTALLING.exists()
        return Pip.status

    def run(command, **_options):
        if command[-1] == "check":
            Pip.conflicts -= 1
            return subprocess.CompletedProcess(command, Pip.conflicts >= 0, "rest needs work, which is missing\n", "")
        Pip.made += 1
        bootstrap.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        bootstrap.PYTHON.touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(bootstrap.subprocess, "call", install)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    monkeypatch.setattr(bootstrap, "works", bootstrap.PYTHON.exists)
    return Pip


def test_packages_are_installed_once(pip, requirements):
    bootstrap.ensure_installed(requirements)
    bootstrap.ensure_installed(requirements)

    assert (pip.made, pip.calls) == (1, 1)


def test_changed_requirements_are_installed_into_the_same_environment(pip, requirements):
    bootstrap.ensure_installed(requirements)
    requirements.write_text("django==5.2.1\n")

    bootstrap.ensure_installed(requirements)

    assert (pip.made, pip.calls) == (1, 2)


def test_an_interrupted_installation_is_made_afresh(pip, requirements):
    bootstrap.ensure_installed(requirements)
    bootstrap.INSTALLING.touch()
    (bootstrap.VENV / "half-installed").touch()

    bootstrap.ensure_installed(requirements)

    assert (pip.made, pip.calls) == (2, 2)
    assert not (bootstrap.VENV / "half-installed").exists()


def test_an_environment_without_its_python_is_repaired(pip, requirements):
    bootstrap.ensure_installed(requirements)
    bootstrap.PYTHON.unlink()

    bootstrap.ensure_installed(requirements)

    assert bootstrap.PYTHON.exists()


def test_a_failing_pip_is_said_and_tried_again_next_time(pip, requirements):
    pip.status = 1
    with pytest.raises(SystemExit, match=r"requirements-devstack\.txt could not be installed"):
        bootstrap.ensure_installed(requirements)

    pip.status = 0
    bootstrap.ensure_installed(requirements)

    assert (pip.made, pip.calls) == (1, 2)


def test_packages_of_an_earlier_lock_that_do_not_go_with_this_one_are_left_behind(pip, requirements):
    bootstrap.ensure_installed(requirements)
    requirements.write_text("django==5.2.1\n")
    pip.conflicts = 1

    bootstrap.ensure_installed(requirements)

    assert (pip.made, pip.calls) == (2, 3)


def test_a_lock_that_misses_a_pin_is_said_and_does_not_count_as_installed(pip, requirements):
    pip.conflicts = 1
    with pytest.raises(SystemExit, match=r"(?s)not complete.*rest needs work, which is missing"):
        bootstrap.ensure_installed(requirements)

    bootstrap.ensure_installed(requirements)

    assert pip.calls == 2
