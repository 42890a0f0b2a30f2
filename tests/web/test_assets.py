"""Static files as they are served: ours without comments, others' as they are."""

import tomllib

import pytest

from turnout.web.assets import FOLDER, list_assets, read_asset

VENDORED = tomllib.loads(FOLDER.with_name("vendored.toml").read_text())
OWN = [name for name in list_assets() if name.endswith((".js", ".css")) and name not in VENDORED]


@pytest.mark.parametrize("name", OWN)
def test_only_comments_are_left_out(name: str) -> None:
    lines = read_asset(name).decode().splitlines()
    mark = "//" if name.endswith(".js") else "/*"
    assert [line for line in lines if line.lstrip().startswith(mark)] == []
    written = (FOLDER / name).read_text().splitlines()
    kept = iter(written)
    assert all(line in kept for line in lines)  # in their order
    if name.endswith(".js"):
        left_out = len(written) - len(lines)
        assert left_out == sum(line.lstrip().startswith("//") for line in written)
    else:
        assert read_asset(name).count(b"{") == (FOLDER / name).read_bytes().count(b"{")


@pytest.mark.parametrize("name", sorted(VENDORED))
def test_what_others_wrote_is_served_as_it_is(name: str) -> None:
    assert read_asset(name) == (FOLDER / name).read_bytes()
