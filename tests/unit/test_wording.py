"""The lint of the words (``tools/wording.py``)."""

from pathlib import Path

import pytest

from tools import wording


@pytest.mark.parametrize("phrase", wording.PHRASES)
def test_each_phrase_is_found_and_its_replacement_is_named(phrase: str) -> None:
    for spelled in (phrase, phrase[0].upper() + phrase[1:]):
        assert list(wording.find_phrases(f"x = 1\n{spelled} x")) == [
            (2, phrase, wording.PHRASES[phrase])
        ]


@pytest.mark.parametrize(
    "text",
    [
        "which the service makes no\n    sense of",
        "# which makes no\n    # sense",
        "> It makes no\n> sense.",
    ],
)
def test_a_phrase_is_found_across_lines(text: str) -> None:
    [(line, phrase, _)] = wording.find_phrases(text)
    assert (line, phrase) == (1, "makes no sense")


@pytest.mark.parametrize(
    "text",
    ['"""Given a store."""', "test_nobody_is_asked", "renewed", "an item that is None"],
)
def test_a_part_of_a_word_is_not_a_phrase(text: str) -> None:
    assert not list(wording.find_phrases(text))


def test_a_finding_names_file_line_and_replacement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs" / "adr").mkdir(parents=True)
    (tmp_path / "docs" / "page.md").write_text("# A page\nIt is made anew.\n")
    (tmp_path / "docs" / "adr" / "0001-x.md").write_text("It is made anew.\n")
    (tmp_path / "CHANGELOG.md").write_text("It is made anew.\n")
    monkeypatch.setattr(wording, "ROOT", tmp_path)

    assert wording.main() == 1
    assert capsys.readouterr().out == "docs/page.md:2: 'anew': write again\n"


def test_the_repository_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert wording.main() == 0, capsys.readouterr().out
