"""The width of SQL: statements and comments are held to it, heads are not."""

from tools.lint_sql import find_wide_lines

SQL = """\
-- name: find_x(org_id, a, b, c)^
-- Too long a comment.
SELECT 1 FROM x;
SELECT 12 FROM x;
SELECT 1\x20
"""


def test_wide_lines_are_named_but_for_heads() -> None:
    assert list(find_wide_lines(SQL, width=16)) == [
        "2: 22 characters wide, 16 are allowed",
        "4: 17 characters wide, 16 are allowed",
        "5: ends with a space",
    ]
