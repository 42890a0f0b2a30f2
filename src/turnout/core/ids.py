"""A name for each kind of number that names something, for annotations.

Statements take and return them (`sql.pyi`). They are plain numbers at run time. A `NewType` is told
apart by the type checker, so a person's id in the place of a ticket's is an error: it is wrapped
where a sequence makes it and where an edge decodes it. The others are aliases of `int` until that
is done for them. What may name one of several nouns (an event or a channel) stays an `int`.
"""

from typing import NewType

OrgId = int
DistributorId = int
AgentId = NewType("AgentId", int)
UserId = int
CredentialId = int

EventId = int
SessionId = int
TicketTypeId = NewType("TicketTypeId", int)
ChannelId = NewType("ChannelId", int)
VenueId = NewType("VenueId", int)
RoomId = NewType("RoomId", int)
FormId = NewType("FormId", int)
GateId = NewType("GateId", int)

PersonId = NewType("PersonId", int)
RegistrationId = int
PartyId = NewType("PartyId", int)
TicketId = NewType("TicketId", int)
SubmissionId = NewType("SubmissionId", int)
QueueItemId = int
EntryId = NewType("EntryId", int)
CampaignId = int
InviteeId = NewType("InviteeId", int)
QuestionId = NewType("QuestionId", int)
SurveyId = int

JobId = int
RecipientId = int
ReplyId = NewType("ReplyId", int)
ListId = int
CallbackId = int

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
