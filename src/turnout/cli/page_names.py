"""`turnout event name` and `turnout channel name`, `add`: the addresses of pages."""

from turnout.cli.app import actor, console, database
from turnout.cli.event_changes import known_url
from turnout.cli.numbers import ChannelNumber, EventNumber
from turnout.core.events.page_names import set_event_name, set_series_name
from turnout.core.events.series import add_to_series
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.short_names import page_path


def name_event(org: str, event: EventNumber, name: str, /) -> None:
    """Name an event in the address of its page. The number goes on leading there, and a former name
    leads to the new one, until another event takes it.

    Example: `turnout event name acme 1000001 spring-2027`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        name: Small letters, digits and hyphens, a letter first; an empty one = the number alone.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        db.call(set_event_name, organization.org_id, event, name, actor=actor())
        page = f"{known_url(db)}{page_path(organization.slug)}/{name or event}"
    console.print(f"Page of event {event}: {page}")


def name_series(org: str, channel: ChannelNumber, name: str, /) -> None:
    """Give a channel a page, at a name: its events, and a form to register for several at once.

    Example: `turnout channel name acme 5 webinars`

    Args:
        org: Short name of the organization.
        channel: Number of the channel in `turnout channel list`.
        name: Small letters, digits and hyphens, a letter first; an empty one = no page any more.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        db.call(set_series_name, organization.org_id, channel, name, actor=actor())
        page = f"{known_url(db)}{page_path(organization.slug)}/series/{name}"
    console.print(
        f"Page of channel {channel}: {page}" if name else f"Channel {channel} has no page."
    )


def add_event(org: str, channel: ChannelNumber, event: EventNumber, /) -> None:
    """Put an event into a channel.

    Example: `turnout channel add acme 5 1000001`

    Args:
        org: Short name of the organization.
        channel: Number of the channel in `turnout channel list`.
        event: Number of the event.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(add_to_series, org_id, channel, event, actor=actor())
    console.print(f"Event {event} is in channel {channel}.")
