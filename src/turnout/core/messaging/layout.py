"""The page that a mail's HTML is: the organizer's head, what is said, and the button in it.

Mail programs keep tables, `bgcolor` and styles in attributes, and drop much else; so the layout is
a table of one column, written by hand, with every style where it is used. The text has no colours
of its own: light and dark are the reader's. What has a ground (the stripe, the button, the plate
below the logo) has both ground and ink, with contrast, so that a program that turns colours around
turns both; and the one rule of the sheet gives programs that ask for it the brand's dark values.
"""

import html
import re
from typing import NamedTuple

from turnout.formats.brand import OWN, Brand, make_brand

BUTTON = "\U000f0000"
"""A letter of private use: what begins with it, and stands alone in its paragraph, is a button."""
_BUTTON = re.compile(
    rf'<p dir="auto"[^<>]*><a style="[^"<>]*" href="([^"<>]*)"[^<>]*>{BUTTON}([^<]+)</a></p>'
)
_COLOUR = re.compile("#[0-9a-f]{6}", re.IGNORECASE)
_LOGO_SIDE = 64
_FONT = "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_STYLES = (
    ("<p>", '<p dir="auto" style="margin:0 0 1em">'),
    # In the usual blue a link cannot be read where a mailbox is dark.
    ("<a ", '<a style="color:inherit;text-decoration:underline" '),
    ("<ul>", '<ul dir="auto" style="margin:0 0 1em;padding-inline-start:1.5em">'),
    ("<ol>", '<ol dir="auto" style="margin:0 0 1em;padding-inline-start:1.5em">'),
    ("<li>", '<li dir="auto">'),
    ("<h2>", '<h2 dir="auto" style="margin:0 0 .5em;font-size:1.4em;line-height:1.25">'),
    ("<h3>", '<h3 dir="auto" style="margin:0 0 .5em;font-size:1.2em;line-height:1.25">'),
    ("<blockquote>", '<blockquote style="margin:0 0 1em 1em">'),
    ("<hr>", '<hr style="border:0;border-top:1px solid;opacity:.4;margin:1.5em 0">'),
    ("<td>", '<td dir="auto" style="padding:.2em .8em .2em 0">'),
    ("<th>", '<th dir="auto" style="padding:.2em .8em .2em 0;text-align:start">'),
)


class MailBrand(NamedTuple):
    """Whose mail it is: name, colour (`#rrggbb`, empty = the product's own), the absolute address
    of the logo (empty = none) and what stands for that where pictures are not loaded."""

    organizer: str = ""
    colour: str = ""
    logo: str = ""
    logo_text: str = ""


def lay_out(body: str, title: str, language: str, brand: MailBrand) -> str:
    """A whole document. `body` is HTML in which a link that is to be a button begins with BUTTON;
    `title` is text."""
    values = make_brand(_shown(brand.colour))
    for tag, styled in _STYLES:
        body = body.replace(tag, styled)
    body = _BUTTON.sub(lambda found: _button(found[1], found[2], values), body)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{html.escape(title)}</title>\n"
        "<style>@media (prefers-color-scheme:dark){"
        f".b,.b a{{background-color:{values.brand_ink_dark}!important;"
        f"color:{values.on_brand_dark}!important}}}}</style>\n</head>\n"
        f'<body style="margin:0;padding:24px 16px;{_FONT}">\n'
        '<table role="presentation" align="center" cellpadding="0" cellspacing="0" border="0"'
        ' width="100%" style="max-width:36em;margin:0 auto;border-collapse:collapse">\n'
        f"{_head(brand)}"
        '<tr><td style="overflow-wrap:anywhere;word-break:break-word">\n'
        f"{body.replace(BUTTON, '')}\n</td></tr>\n</table>\n</body>\n</html>\n"
    )


def _button(href: str, said: str, values: Brand) -> str:
    """A link as a button. The cell has its ground for programs that give links none."""
    ground, ink = values.brand, values.on_brand
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0"'
        ' style="margin:0 0 1.25em;border-collapse:separate">'
        f'<tr><td class="b" dir="auto" bgcolor="{ground}"'
        f' style="border-radius:6px;background-color:{ground};color:{ink}">'
        f'<a href="{href}" style="display:inline-block;padding:12px 22px;border-radius:6px;'
        f"background-color:{ground};color:{ink};font-weight:700;line-height:1.25;"
        f'text-decoration:none">{said}</a></td></tr></table>'
    )


def _head(brand: MailBrand) -> str:
    """A stripe of the organizer's colour, on which no text stands, their logo and their name. The
    logo stands on white: it may be dark, and have no ground of its own."""
    if not brand.organizer:
        return ""
    colour, name = _shown(brand.colour), html.escape(brand.organizer)
    logo = ""
    if brand.logo:
        logo = (
            f'<img src="{html.escape(brand.logo)}" alt="{html.escape(brand.logo_text)}"'
            f' height="{_LOGO_SIDE}" style="display:inline-block;height:{_LOGO_SIDE}px;'
            "width:auto;max-width:100%;padding:6px;border-radius:6px;background-color:#ffffff;"
            'color:#000000"><br>\n'
        )
    return (
        f'<tr><td style="height:6px;line-height:6px;font-size:6px;background-color:{colour}"'
        f' bgcolor="{colour}">&nbsp;</td></tr>\n'
        f'<tr><td dir="auto" style="padding:16px 0;font-weight:700">{logo}{name}</td></tr>\n'
    )


def _shown(colour: str) -> str:
    return colour if _COLOUR.fullmatch(colour) else OWN
