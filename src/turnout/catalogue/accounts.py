"""What is said about the staff's accounts: roles, signing in, links; and the mails about them."""

SENTENCES = {
    "link.used": "This link was used already, or its time is over. Ask for a new one.",
    "login.no_tls": "This server takes no password here: the connection is not encrypted. Use its "
    "https address, or start it with --insecure-http.",
    "page.no_session": "This session is over already.",
    "passkey.impossible": "Passkeys work on https addresses and on localhost only.",
    "passkey.many": "You have {limit} passkeys. Remove one first.",
    "passkey.missing": "You have no such passkey.",
    "passkey.taken": "This passkey is added already.",
    "passkey.unknown": "This passkey is not known here. Sign in with your password.",
    "passkey.wrong": "The passkey's answer could not be checked. Try again.",
    "staff.denied": "Your roles do not allow this. These may: {roles}. Ask an owner of the "
    "organization.",
    "staff.event": "The organization has no event {event_id}.",
    "staff.has_user": "There is a user with the address {email!r} already. Sign in to accept.",
    "staff.invitation_over": "The time of this invitation is over. Ask for a new one.",
    "staff.invitation_used": "This invitation was accepted already.",
    "staff.invitation_withdrawn": "This invitation was withdrawn.",
    "staff.last_owner": "This is the only owner who can sign in. Make somebody else an owner "
    "first.",
    "staff.missing": "There is no such organization, or you have no role in it.",
    "staff.no_invitation": "There is no such open invitation.",
    "staff.no_role": "Choose one role at least.",
    "staff.nowhere": "You have no role in any organization. Ask an owner to invite you.",
    "two_step.off": "Two-step sign-in is off. Set up an authenticator or a passkey first.",
    "two_step.on": "An authenticator is set up already. Remove it first.",
    "two_step.throttled": "Too many wrong codes. Try again in {retry_after:second|seconds}.",
    "two_step.wrong": "This code is wrong, or was used before. Type the one that is shown now.",
    "user.ambiguous": "{name!r} is no user, or the address of several. Give the user code.",
    "user.no_password": "The user has no password yet.",
}

LABELS = {
    "account_mail.device.subject": "New sign-in as {user_code}",
    "account_mail.device.text": (
        "Hello,\n"
        "\n"
        "somebody signed in as {user_code} with a browser that was not used before.\n"
        "\n"
        "Browser: {device}\n"
        "From: {place}\n"
        "At: {at}\n"
        "\n"
        "If that was you, there is nothing to do. If not, choose a new password at once: that ends "
        "every session."
    ),
    "account_mail.invitation.button": "Accept the invitation",
    "account_mail.invitation.subject": "{organization}: work with us on Turnout",
    "account_mail.invitation.text": (
        "Hello,\n"
        "\n"
        "{inviter} invites you to work for {organization}. Accept here:\n"
        "\n"
        "{link}\n"
        "\n"
        "The link is for you alone, and good until {until}."
    ),
    "account_mail.reset.button": "Choose a new password",
    "account_mail.reset.subject": "Choose a new password",
    "account_mail.reset.text": (
        "Hello,\n"
        "\n"
        "somebody asked for a new password for {user_code} at {organization}. Choose it here:\n"
        "\n"
        "{link}\n"
        "\n"
        "The link is good once, for an hour. If you did not ask for it, there is nothing to do: "
        "your password stays as it is."
    ),
}
