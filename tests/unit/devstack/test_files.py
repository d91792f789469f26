import pytest

from devstack.files import build_folder, last_lines, read_json, write_json


def test_a_folder_whose_building_failed_is_not_there(tmp_path):
    def fail(folder):
        (folder / "half").touch()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        build_folder(tmp_path / "data", fail)

    assert not (tmp_path / "data").exists()


def test_what_an_interrupted_build_left_is_not_in_the_next_one(tmp_path):
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "half").touch()

    build_folder(tmp_path / "data", lambda folder: (folder / "whole").touch())

    assert [path.name for path in (tmp_path / "data").iterdir()] == ["whole"]


def test_a_folder_that_is_there_is_kept(tmp_path):
    (tmp_path / "data").mkdir()

    build_folder(tmp_path / "data", lambda _folder: pytest.fail("built again"))


def test_json_that_was_never_finished_reads_as_empty(tmp_path):
    (tmp_path / "x.json").write_text('{"a":')

    assert read_json(tmp_path / "x.json") == read_json(tmp_path / "missing.json") == {}


def test_json_comes_back(tmp_path):
    write_json(tmp_path / "x.json", {"a": 1})

    assert read_json(tmp_path / "x.json") == {"a": 1}


def test_the_last_lines_of_a_log(tmp_path):
    log = tmp_path / "web.log"
    log.write_text("".join(f"{number}\n" for number in range(100)))

    assert last_lines(log, 2) == "98\n99"
