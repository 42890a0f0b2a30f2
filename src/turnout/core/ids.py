"""A name for each kind of number that names something, for annotations.

Statements take and return them (`sql.pyi`). They are plain numbers at run time. A `NewType` is told
apart by the type checker, so a person's id in the place of a ticket's is an error: it is wrapped
where a sequence makes it and where an edge decodes it. The others are aliases of `int` until that
is done for them. What may name one of several nouns (an event or a channel) stays an `int`.
"""

from typing import NewType

OrgId = int
DistributorId = int
AgentId = int
UserId = int
CredentialId = int

EventId = int
SessionId = int
TicketTypeId = NewType("TicketTypeId", int)
ChannelId = int
VenueId = int
RoomId = int
FormId = int
GateId = int

PersonId = NewType("PersonId", int)
RegistrationId = int
TicketId = NewType("TicketId", int)
SubmissionId = int
QueueItemId = int
EntryId = int
CampaignId = int
InviteeId = int
QuestionId = int
SurveyId = int

JobId = int
RecipientId = int
ReplyId = int
ListId = int
CallbackId = int
