"""Messages of an event and of an organization: jobs, their recipients, and how they are written.

The same pages stand under an event's number and under an organization's short name. Under an event
they show its jobs alone (core/messaging/browsing.py). Replies, opt-outs, senders and lists belong
to the organization and have no page under an event.
"""
