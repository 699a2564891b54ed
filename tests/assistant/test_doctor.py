from __future__ import annotations

from pathlib import Path

from assistant.doctor import Finding, check, check_home, check_packages, check_python, is_healthy


def test_python_is_told() -> None:
    assert check_python().verdict == "ok"
    assert check_python().found.startswith("3.")


def test_packages_as_pinned_are_fine_and_others_are_a_note(tmp_path: Path) -> None:
    import numpy

    pinned = tmp_path / "constraints.txt"
    pinned.write_text(f"# pinned\nnumpy=={numpy.__version__}\nno-such-package==1.0\n")
    assert check_packages(pinned).verdict == "ok"
    pinned.write_text("numpy==0.0.1\n")
    finding = check_packages(pinned)
    assert finding.verdict == "note"
    assert f"numpy {numpy.__version__} (tested with 0.0.1)" in finding.found and finding.advice


def test_a_home_that_can_be_made_is_fine(tmp_path: Path) -> None:
    assert check_home(tmp_path).verdict == "ok"
    assert check_home(tmp_path / "not" / "yet").verdict == "ok"
    assert not (tmp_path / "not").exists()


def test_a_home_under_a_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "inside"):
        finding = check_home(home)
        assert finding.verdict == "wrong"
        assert str(home) in finding.found and "SHELFWISE_HOME" in finding.advice


def test_a_check_that_fails_says_what_to_do() -> None:
    def broken() -> str:
        raise OSError("the disk is gone")

    assert check("disk", broken, (OSError,), "find it") == Finding("disk", "wrong", "the disk is gone", "find it")
    assert check("disk", lambda: "42 products", (OSError,), "find it") == Finding("disk", "ok", "42 products")


def test_only_what_is_wrong_is_unhealthy() -> None:
    fine, note, wrong = (Finding("x", verdict, "") for verdict in ("ok", "note", "wrong"))
    assert is_healthy([fine, note]) and is_healthy([])
    assert not is_healthy([fine, wrong, note])
