"""How long an organization keeps people and messages."""

LABELS = {
    "console.retention.lead": "People and messages can go by themselves some time after an event.",
    "console.retention.rules": "What is kept now",
    "console.retention.none": "Everything is kept until somebody erases it.",
    "console.retention.of_all": "all events without a rule of their own",
    "console.retention.of_event": "“{title}”",
    "console.retention.kept.one": "People of {whose} are kept for 1 day after the end",
    "console.retention.kept.many": "People of {whose} are kept for {count} days after the end",
    "console.retention.kept_exams.one": "Records of exams: 1 day.",
    "console.retention.kept_exams.many": "Records of exams: {count} days.",
    "console.retention.kept_payments.one": "Payments: 1 day.",
    "console.retention.kept_payments.many": "Payments: {count} days.",
    "console.retention.kept_messages.one": "Messages are kept for 1 day after they were sent",
    "console.retention.kept_messages.many": "Messages are kept for {count} days after they were "
    "sent",
    "console.retention.not_before": "Nothing goes before {at}.",
    "console.retention.end": "End the rule",
    "console.retention.end_event": "End the rule of “{title}”",
    "console.retention.end_messages": "End the rule for messages",
    "console.retention.count_now": "Count what would go now",
    "console.retention.counts": "Would go now, if all rules had started",
    "console.retention.kind": "What",
    "console.retention.count": "How many",
    "console.retention.kind.people": "people",
    "console.retention.kind.registrations": "registrations lose their answers, notes and tags",
    "console.retention.kind.submissions": "submitted forms lose their answers",
    "console.retention.kind.exam_records": "names in records of exams",
    "console.retention.kind.payments": "payments",
    "console.retention.kind.jobs": "messages lose their texts and addresses",
    "console.retention.kind.lists": "lists of recipients lose their entries",
    "console.retention.people": "People",
    "console.retention.people_hint": "Somebody who takes part in anything that is still kept, "
    "stays.",
    "console.retention.messages": "Messages",
    "console.retention.messages_hint": "Texts, names, addresses and replies go. Outcomes and costs "
    "stay.",
    "console.retention.for": "For which events",
    "console.retention.for_all": "All without a rule of their own",
    "console.retention.days": "Days after the end",
    "console.retention.days_hint": "1 to 36,500; a year is 365",
    "console.retention.exam_days": "Days for records of exams",
    "console.retention.payment_days": "Days for payments",
    "console.retention.records_hint": "Empty = they stay",
    "console.retention.records": "Records of exams and payments have one rule for all events: "
    "leave their days empty, or choose all events.",
    "console.retention.message_days": "Days after they were sent",
    "console.retention.message_days_hint": "1 to 36,500",
    "console.retention.ask": "See what will happen…",
    "console.retention.sure": "What will happen",
    "console.retention.will_people.one": "1 day after the end of {whose}, people are erased who "
    "take part in nothing else that is kept. Nobody can bring them back.",
    "console.retention.will_people.many": "{count} days after the end of {whose}, people are "
    "erased who take part in nothing else that is kept. Nobody can bring them back.",
    "console.retention.will_exams.one": "Their names leave the records of exams 1 day after the "
    "last exam.",
    "console.retention.will_exams.many": "Their names leave the records of exams {count} days "
    "after the last exam.",
    "console.retention.will_payments.one": "Records of payments go 1 day after they were settled.",
    "console.retention.will_payments.many": "Records of payments go {count} days after they were "
    "settled.",
    "console.retention.will_messages.one": "1 day after they were sent, messages lose their texts, "
    "names, addresses, replies and files.",
    "console.retention.will_messages.many": "{count} days after they were sent, messages lose "
    "their texts, names, addresses, replies and files.",
    "console.retention.waits": "A new or shorter rule waits 14 days: nothing goes before {at}. "
    "Your organization is told by mail, and you can end the rule until then.",
    "console.retention.set.people.one": "Erase people 1 day after the end",
    "console.retention.set.people.many": "Erase people {count} days after the end",
    "console.retention.set.messages.one": "Remove messages after 1 day",
    "console.retention.set.messages.many": "Remove messages after {count} days",
    "console.retention.done.set": "The rule is set. Nothing goes for 14 days, unless it keeps "
    "longer than the one before.",
    "console.retention.done.ended": "The rule has ended.",
    "console.retention.runs": "What went",
    "console.retention.began": "When",
    "console.retention.removed": "Removed",
    "console.retention.nothing": "Nothing was over",
    "console.retention.at_work": "at work",
}
