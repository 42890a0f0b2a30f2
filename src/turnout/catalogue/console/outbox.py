"""What the simulator "sent"."""

LABELS = {
    "console.outbox.lead": "What would have gone out. Nobody was reached.",
    "console.outbox.real": "No network is simulated on this server: messages go out, and none is "
    "shown here.",
    "console.outbox.to": "Email address or number",
    "console.outbox.all": "All kinds",
    "console.outbox.from": "from {sender}",
    "console.outbox.sent_to": "to {to}",
    "console.outbox.arrived": "Arrived",
    "console.outbox.as_sent": "As it was sent",
    "console.outbox.reply": "Reply: {text}",
    "console.outbox.phone": "The phone {number}",
    "console.outbox.none": "Nothing like that was sent",
    "console.outbox.none_what": "The simulator shows a message here a moment after it was sent.",
    "console.outbox.shown.one": "1 message",
    "console.outbox.shown.many": "{count} messages",
}
