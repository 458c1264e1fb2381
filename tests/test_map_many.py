"""The page with 5,000 estates, with networking off: every theme, every tool and paper, at both sizes of screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Browser
from many_estates import many_estates
from mapped import started
from toured import SIZES, THEMES, is_sound_on_paper, look_at_every_theme, use_every_tool, visited

from geoplan.maps import write_map

ESTATES, KINDS = 5_000, 6


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    write_map(many_estates(folder / "project", ESTATES, KINDS), folder / "map.html")
    return folder / "map.html"


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_of_5_000_estates_no_name_lies_on_another_in_any_theme(
    browser: Browser, file: Path, width: int, height: int,
) -> None:
    with visited(browser, file, width, height) as page:
        look_at_every_theme(page, least=40)


def test_every_tool_works_with_5_000_estates_and_every_theme_prints_on_one_sheet(
    browser: Browser, file: Path, tmp_path: Path,
) -> None:
    with visited(browser, file, *SIZES[1]) as page:
        use_every_tool(page, "E004321", "第7街道")
        for theme in page.evaluate(THEMES):
            page.click(f"#theme-{theme}")
            is_sound_on_paper(page, tmp_path / "map.pdf", theme)
