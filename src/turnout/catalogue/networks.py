"""What is said about what providers send us."""

SENTENCES = {
    "fax.broken": "{name} cannot be faxed: it is damaged, or needs too much to be drawn.",
    "fax.empty": "{name} cannot be faxed: there is nothing in it.",
    "fax.encrypted": "{name} cannot be faxed: it asks for a password. Save it without one.",
    "fax.form": "{name} cannot be faxed: it is no PDF, picture, text or file of an office.",
    "fax.large": "{name} cannot be faxed: it has more than {limit} MB.",
    "fax.office": "{name} cannot be faxed: files of offices need LibreOffice, which is not "
    "installed here. Save it as a PDF.",
    "fax.pages": "{name} cannot be faxed: a fax has up to {limit} pages.",
    "fax.pixels": "{name} cannot be faxed: a picture in it has more than {limit} megapixels.",
    "file.no_link": "This link does not lead to a file.",
    "webhook.charset": "The body is not a form in UTF-8.",
    "webhook.call": "The body names no call, or no status of one.",
    "webhook.id": "The form names no message.",
    "webhook.large": "A form has up to {limit} bytes.",
    "webhook.mm7": "The body is not a request of MM7: {said}.",
    "webhook.mm7_kind": "Of MM7, {kind} is not taken here.",
    "webhook.reply": "A reply must have From.",
    "webhook.signature": "The signature is missing or wrong.",
}
