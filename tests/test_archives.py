"""What an archive leaves behind: nothing; and what it may make: one private folder, for as long as it is read."""

import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan import archives
from geoplan.archives import at_hand
from geoplan.init import draft_project
from geoplan.settings import Source

TEXT = "estate_id,name,x,y\nE1,甲里,102.1,36.5\n".encode()


def source(**said: object) -> Source:
    return Source.model_validate({"path": "e.zip", **said})


def pack(file: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv").replace("_txt", ".txt"), data)
    return file


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which temporary folders are made."""
    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_file_that_is_no_archive_is_at_hand_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes(TEXT)
    with at_hand(tmp_path / "e.csv", source(path="e.csv"), "estates") as (path, said, findings):
        assert (path, said.path, findings) == (tmp_path / "e.csv", "e.csv", [])


def test_only_the_file_wanted_is_unpacked_and_gone_when_it_has_been_read(tmp_path: Path, private: Path) -> None:
    file = pack(tmp_path / "e.zip", deep__down__e_csv=TEXT, deep__readme_txt=b"x")
    with at_hand(file, source(), "estates") as (path, _, findings):
        assert findings == []
        assert path is not None
        assert path.read_bytes() == TEXT
        assert path.is_relative_to(private)
        assert [each.name for each in private.glob("*/*")] == ["e.csv"]
    assert list(private.iterdir()) == []
    assert {each.name for each in tmp_path.iterdir()} == {"e.zip", "private"}


def test_the_name_of_a_member_is_not_taken_for_the_name_of_a_layer_in_it(tmp_path: Path) -> None:
    file = pack(tmp_path / "e.zip", a_csv=TEXT, b_csv=TEXT)
    for said, left in (("b", None), ("b.csv", None)):
        with at_hand(file, source(layer=said), "estates") as (path, inner, _):
            assert path is not None
            assert (path.name, inner.layer) == ("b.csv", left)
    with at_hand(pack(tmp_path / "one.zip", a_csv=TEXT), source(layer="x"), "estates") as (path, inner, _):
        assert path is not None
        assert inner.layer == "x"


def test_a_refused_archive_makes_no_folder_of_its_own(tmp_path: Path, private: Path) -> None:
    file = pack(tmp_path / "e.zip", **{"..__e_csv": TEXT})
    with at_hand(file, source(), "estates") as (path, _, findings):
        assert path is None
        assert [finding.code for finding in findings] == ["archives.unsafe_name"]
        assert list(private.glob("*/*")) == []
    assert not (tmp_path.parent / "e.csv").exists()


def test_no_room_to_unpack_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives, "_unpack", refuse)
    with at_hand(pack(tmp_path / "e.zip", e_csv=TEXT), source(), "estates") as (_, _, findings):
        assert [finding.code for finding in findings] == ["archives.no_room"]


def test_a_draft_is_made_of_an_archive_as_of_the_file_in_it(tmp_path: Path) -> None:
    ledger = "名称,类型,经度,纬度\n超市1,超市,102.1,36.5\n超市2,超市,102.2,36.5\n".encode()
    pack(tmp_path / "f.zip", f_csv=ledger)
    text, findings = draft_project(tmp_path, {"facilities": tmp_path / "f.zip"})
    assert [finding.code for finding in findings] == ["project.no_section"]  # of the estates, which were not given
    assert text == ""


@given(st.binary(max_size=400))
def test_no_bytes_make_an_archive_do_more_than_be_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for head in (b"", b"PK\3\4", b"PK\5\6"):
            (Path(folder) / "e.zip").write_bytes(head + data)
            with at_hand(Path(folder) / "e.zip", source(), "estates") as (path, _, findings):
                assert path is None
                assert findings
        assert [each.name for each in Path(folder).iterdir()] == ["e.zip"]
