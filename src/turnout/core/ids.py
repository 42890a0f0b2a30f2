"""A type for each kind of number that names something; at run time they are plain numbers.

The type checker tells them apart: an event's id in the place of an organization's is an error, and
so is a number that nothing says is an id. A number becomes an id where a sequence makes it
(`EventId(tx.next_id("event"))`) and where an edge decodes it: a dialect's decode.py, a page's form
or path, a signed link, a command's argument (`cli/numbers.py`). Statements take and return ids by
their heads (`sql.pyi`, tools/stubs.py). What may name one of several nouns stays an `int`: the
target of a name (an event or a channel), the noun of an audit entry, a row of any work queue.

A table that gets ids of its own gets a type here; tests/core/test_ids.py holds all pairs apart.
"""

from typing import NewType

OrgId = NewType("OrgId", int)
DistributorId = NewType("DistributorId", int)
AgentId = NewType("AgentId", int)
UserId = NewType("UserId", int)
CredentialId = NewType("CredentialId", int)

EventId = NewType("EventId", int)
SessionId = NewType("SessionId", int)
TicketTypeId = NewType("TicketTypeId", int)
ChannelId = NewType("ChannelId", int)
VenueId = NewType("VenueId", int)
SpeakerId = NewType("SpeakerId", int)
RoomId = NewType("RoomId", int)
FormId = NewType("FormId", int)
GateId = NewType("GateId", int)
PrinterId = NewType("PrinterId", int)
EventQuestionId = NewType("EventQuestionId", int)
DeviceId = NewType("DeviceId", int)
PairingId = NewType("PairingId", int)

PersonId = NewType("PersonId", int)
RegistrationId = NewType("RegistrationId", int)
PartyId = NewType("PartyId", int)
NoteId = NewType("NoteId", int)
TicketId = NewType("TicketId", int)
SubmissionId = NewType("SubmissionId", int)
QueueItemId = NewType("QueueItemId", int)
EntryId = NewType("EntryId", int)
CampaignId = NewType("CampaignId", int)
InviteeId = NewType("InviteeId", int)
QuestionId = NewType("QuestionId", int)
SurveyId = NewType("SurveyId", int)
ReportLinkId = NewType("ReportLinkId", int)

JobId = NewType("JobId", int)
RecipientId = NewType("RecipientId", int)
ReplyId = NewType("ReplyId", int)
ListId = NewType("ListId", int)
TemplateId = NewType("TemplateId", int)
CannedAnswerId = NewType("CannedAnswerId", int)
CallbackId = NewType("CallbackId", int)

# What stands for none where there is no room for None, and for any in filters.
NO_ORG = OrgId(0)
NO_CREDENTIAL = CredentialId(0)
NO_USER = UserId(0)
NO_EVENT = EventId(0)
NO_REGISTRATION = RegistrationId(0)
NO_PARTY = PartyId(0)
NO_CAMPAIGN = CampaignId(0)
NO_INVITEE = InviteeId(0)
NO_JOB = JobId(0)
NO_REPLY = ReplyId(0)
