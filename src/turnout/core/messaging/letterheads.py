"""The organizer's page around a text that is not Markdown: codes, mails about accounts, campaigns,
letters. Those about events are composed in core/mails, on the same page (layout.py).

A text may have merge fields; they stay, and are filled in when it is sent, escaped. A field of many
lines keeps them.
"""

import html
import re

from turnout.catalogue.translations import label
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import get_profile
from turnout.core.identity.short_names import picture_path
from turnout.core.ids import OrgId
from turnout.core.messaging.layout import BUTTON, MailBrand, lay_out
from turnout.core.site.address import find_address
from turnout.store import Tx

LINK = re.compile(r"(?:&lt;)?%%link%%(?:&gt;)?", re.IGNORECASE)
_ALONE = re.compile(r"[ \t]*<?%%(?P<name>link|text|message|code)%%>?[ \t]*", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
# What mail programs know that do not know how to keep lines otherwise.
_KEPT = '<pre style="margin:0 0 1em;font:inherit;white-space:pre-wrap">{}</pre>'
_LARGE = '<p style="margin:0 0 1em;font-size:28px;font-weight:700;letter-spacing:.15em">{}</p>'


def find_brand(tx: Tx, org_id: OrgId, language: str) -> MailBrand:
    """Whose mails an organization's are; no logo where this server's address is not known."""
    organizer, profile = get_organization_of(tx, org_id).name, get_profile(tx, org_id)
    address = find_address(tx) if profile.logo else None
    return MailBrand(
        organizer,
        profile.colour,
        f"{address}{picture_path(org_id, profile.logo, 800)}" if address else "",
        label(language, "mail.logo", organizer=organizer),
    )


def lay_out_text(text: str, title: str, language: str, brand: MailBrand, button: str = "") -> str:
    """A whole document of a text with merge fields. Where `%%link%%` stands alone it is a button
    that says the label `button`, if there is one; `%%code%%` alone is large."""
    parts = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    shown, has_button = list[str](), False
    for part in parts:
        alone = _ALONE.fullmatch(part)
        name = alone["name"].lower() if alone else ""
        if name == "link" and button and not has_button:
            has_button = True
            shown.append(f'<p><a href="%%link%%">{BUTTON}{label(language, button)}</a></p>')
        elif name == "code":
            shown.append(_LARGE.format(f"%%{name}%%"))
        elif name in ("text", "message"):
            shown.append(_KEPT.format(f"%%{name}%%"))
        else:
            shown.append(f"<p>{_lines(part)}</p>")
    return lay_out("\n".join(shown), title, language, brand)


def _lines(part: str) -> str:
    said, end = "", 0
    for found in _ADDRESS.finditer(part):
        address = html.escape(found[0])
        said += f'{_escape(part[end : found.start()])}<a href="{address}">{address}</a>'
        end = found.end()
    said += _escape(part[end:])
    return LINK.sub('<a href="%%link%%">%%link%%</a>', said).replace("\n", "<br>\n")


def _escape(text: str) -> str:
    return html.escape(text, quote=False).replace(BUTTON, "")
