"""What is said about what providers send us."""

SENTENCES = {
    "file.no_link": "This link does not lead to a file.",
    "webhook.charset": "The body is not a form in UTF-8.",
    "webhook.id": "The form names no message.",
    "webhook.large": "A form has up to {limit} bytes.",
    "webhook.reply": "A reply must have From and To.",
    "webhook.signature": "The signature is missing or wrong.",
}
