"""Shaping: names in any script, missing letters, lines."""

import pytest
import structlog

from tests.formats.pdf.reading import draw_text, find_ink, read_text, render, squeeze
from turnout.formats.pdf import fonts
from turnout.formats.pdf.text import clean, cut, shape, split_clusters, wrap

# Names, and the fonts that draw them.
NAMES = {
    "Latin": ("Zoë Ångström-Łukasiewicz", "DejaVu"),
    "Vietnamese": ("Nguyễn Thị Ánh", "DejaVu"),
    "Greek": ("Ωμέγα Παπαδοπούλου", "DejaVu"),
    "Cyrillic": ("Юлия Щербакова", "DejaVu"),
    "Armenian": ("Գևորգ Սարգսյան", "DejaVu"),
    "Georgian": ("გიორგი ბერიძე", "DejaVu"),
    "Hebrew": ("שרה כהן", "DejaVu"),
    "Arabic": ("محمد عبد الله", "NotoSansArabic"),
    "Persian": ("پرویز\u200cزاده", "NotoSansArabic"),  # noqa: RUF001
    "Urdu": ("محمد اقبال", "NotoSansArabic"),
    "Devanagari": ("श्रीवास्तव", "NotoSansDevanagari"),
    "Thai": ("สมชาย ใจดี", "NotoSansThai"),
    "Han": ("王小明", "Droid"),
    "Kana": ("さくら ヤマダ", "Droid"),
    "Hangul": ("김철수", "Droid"),
    "Emoji": ("🎉👩🏽\u200d💻🇩🇪", "NotoEmoji"),
    # By the extra `turnout[fonts]`.
    "Bengali": ("বাংলা নাম", "NotoSansBengali"),
    "Tamil": ("அன்பு", "NotoSansTamil"),
    "Ethiopic": ("ምህረት", "NotoSansEthiopic"),
    "Khmer": ("សុខា", "NotoSansKhmer"),
}
UNKNOWN = "\U00013080"  # an Egyptian hieroglyph


def list_fonts_of(text: str, *, is_bold: bool = False) -> set[str]:
    line = shape(text, is_bold=is_bold)
    return {run.face.name.removeprefix("Turnout") if run.face else "" for run in line.runs}


@pytest.mark.parametrize("script", NAMES)
def test_a_name_of_any_script_is_drawn(script):
    name, font = NAMES[script]
    assert list_fonts_of(name) == {font}
    assert list_fonts_of(name, is_bold=True) == {f"{font}-Bold"}
    for is_bold in (False, True):
        glyphs = [glyph for run in shape(name, is_bold=is_bold).runs for glyph in run.glyphs]
        assert 0 not in {glyph.number for glyph in glyphs}
        assert find_ink(draw_text(name, is_bold=is_bold)) is not None


@pytest.mark.parametrize("script", sorted({*NAMES} - {"Thai", "Emoji", "Persian"}))
def test_a_name_can_be_found_and_copied(script):
    name, _ = NAMES[script]
    assert read_text(draw_text(name)) == [squeeze(name)]


def test_arabic_letters_join():
    assert [run.width for run in shape("محمد", is_bold=False).runs] != [
        sum(shape(letter, is_bold=False).width for letter in "محمد")
    ]
    joined = [glyph.number for glyph in shape("محمد", is_bold=False).runs[0].glyphs]
    apart = [shape(letter, is_bold=False).runs[0].glyphs[0].number for letter in "دمحم"]
    assert joined != apart


def test_conjuncts_and_emoji_are_one_sign():
    assert len(shape("क्ष", is_bold=False).runs[0].glyphs) == 1
    assert len(shape("👩🏽\u200d💻", is_bold=False).runs[0].glyphs) == 1
    assert len(shape("🇩🇪", is_bold=False).runs[0].glyphs) == 1


def test_text_from_right_to_left_stands_at_the_right():
    left, _, right, _ = find_ink(draw_text("שרה")) or (0, 0, 0, 0)
    width = render(draw_text("שרה")).width
    assert left > width * 0.8
    assert right < width * 0.95
    line = shape("שרה 12 Ada", is_bold=False)
    assert ["".join(g.text for g in run.glyphs).strip() for run in line.runs] == [
        *("Ada", "", "12", "הרש"),
    ]


def test_a_missing_letter_is_a_box_and_logged_once_by_number():
    fonts._noted.discard(ord(UNKNOWN))
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            shape(f"Ada {UNKNOWN}", is_bold=False)
            draw_text(UNKNOWN)
    assert [entry for entry in logs if entry["event"] == "letter without a font"] == [
        {
            "event": "letter without a font",
            "log_level": "warning",
            "code_point": "U+13080",
            "script": "EGYPTIAN",
        }
    ]
    left, top, right, bottom = find_ink(draw_text(UNKNOWN)) or (0, 0, 0, 0)
    assert right - left >= 8
    assert bottom - top >= 10


def test_what_cannot_be_seen_is_not_printed():
    assert clean("A\x00d\x1ba\u202e\ud800\u2066\t!\u3000") == "Ada ! "
    assert split_clusters("e\u0301क्ष👩🏽\u200d💻🇩🇪🇫🇷") == [
        *("e\u0301", "क्", "ष", "👩🏽\u200d💻", "🇩🇪", "🇫🇷"),
    ]


def texts(lines) -> list[str]:
    return ["".join(g.text for run in line.runs for g in run.glyphs).strip() for line in lines]


def test_lines_end_between_words():
    lines = wrap("The quick brown fox\njumps", 6000, is_bold=False)
    assert texts(lines) == ["The quick", "brown fox", "jumps"]
    assert all(line.width <= 6000 for line in lines)


def test_a_line_may_end_after_a_hyphen():
    lines = wrap("Hohenlohe-Waldenburg 2027-05", 8500, is_bold=False)
    assert texts(lines) == ["Hohenlohe-", "Waldenburg", "2027-05"]


def test_a_word_that_is_too_long_is_broken():
    lines = wrap("Donaudampfschiff " + "e\u0301" * 20, 5000, is_bold=False)
    assert all(0 < line.width <= 5000 for line in lines)
    assert "".join(texts(lines)) == "Donaudampfschiff" + "é" * 20


def test_japanese_lines_do_not_begin_with_a_full_stop():
    lines = wrap("吾輩は猫である。名前はまだ無い。", 7000, is_bold=False)
    assert texts(lines) == ["吾輩は猫であ", "る。名前はまだ", "無い。"]


def test_more_than_the_limit_is_cut():
    lines = wrap("Ada has many names and titles", 5000, is_bold=False, limit=2)
    assert texts(lines) == ["Ada has", "many n…"]
    assert cut("Ada", 10_000, is_bold=False) == "Ada"
    assert texts(wrap("x" * 1_000_000, 5000, is_bold=False, limit=1)) == ["xxxxxx…"]


def test_all_lines_of_a_paragraph_have_its_direction():
    lines = wrap("مرحبا بالعالم English text inside", 8000, is_bold=False)
    assert [line.is_right_to_left for line in lines] == [True] * len(lines)
    assert len(lines) > 1


def test_without_the_extra_its_scripts_are_boxed(monkeypatch):
    for known in (fonts.list_fonts, fonts._candidates):
        known.cache_clear()
    monkeypatch.setattr(fonts, "_EXTRA", ())
    assert fonts.find_font("ব") is None
    assert (fonts.find_font("ي") or fonts._emoji()).name == "NotoSansArabic"
    monkeypatch.undo()
    for known in (fonts.list_fonts, fonts._candidates):
        known.cache_clear()


def test_every_bundled_font_has_its_licence():
    families = {"DejaVu", "Droid", "Noto"}
    assert {path.name.partition("-")[0] for path in fonts.FONTS.glob("*-LICENSE")} == families
    for path in fonts.FONTS.glob("*.ttf"):
        assert any(path.name.startswith(family) for family in families)
