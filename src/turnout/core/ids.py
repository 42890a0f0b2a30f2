"""A name for each kind of number that names something, for annotations.

Statements take and return them (`sql.pyi`). They are aliases of `int`, so a checker does not tell
them apart yet: to have that, make one a `NewType`, and wrap it where a sequence makes it and where
an edge decodes it. What may name one of several nouns (an event or a channel) stays an `int`.
"""

OrgId = int
DistributorId = int
AgentId = int
UserId = int
CredentialId = int

EventId = int
SessionId = int
TicketTypeId = int
ChannelId = int
VenueId = int
RoomId = int
FormId = int
GateId = int

PersonId = int
RegistrationId = int
TicketId = int
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
