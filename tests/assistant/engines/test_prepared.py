import os

import pytest

from assistant.engines.prepared import cache_name, prepared


def write(folder):
    (folder / "made").write_text("whole")


def test_what_is_there_is_not_made_again(tmp_path):
    for _ in range(2):
        with prepared(tmp_path, "model", write) as folder:
            assert (folder / "made").read_text() == "whole"
            os.utime(folder / "made", (1, 1))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model" / "made").stat().st_mtime == 1


def test_a_making_that_fails_leaves_nothing(tmp_path):
    def fail(folder):
        write(folder)
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"), prepared(tmp_path / "cache", "model", fail):
        raise AssertionError("must not be opened")
    assert not list((tmp_path / "cache").iterdir())


def test_a_cache_that_cannot_be_written_gives_a_folder_for_the_moment(tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    with prepared(blocked / "cache", "model", write) as folder:
        assert (folder / "made").exists()
    assert not folder.exists()


def test_another_process_may_be_sooner(tmp_path):
    def make(folder):
        write(folder)
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "theirs").touch()

    with prepared(tmp_path, "model", make) as folder:
        assert (folder / "theirs").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_name_changes_with_the_file_and_with_what_is_made_of_it(tmp_path):
    model = tmp_path / "small.gguf"
    model.write_text("one")
    names = {cache_name(model), cache_name(model, 1), cache_name(model, 2)}
    model.write_text("another")
    names.add(cache_name(model))
    assert len(names) == 4
    assert all(name.startswith("small-") for name in names)
    (tmp_path / "folder").mkdir()
    before = cache_name(tmp_path / "folder")
    (tmp_path / "folder" / "openvino_model.bin").touch()
    assert cache_name(tmp_path / "folder") != before
