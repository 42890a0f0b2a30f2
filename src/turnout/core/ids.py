"""A type for each kind of number that names something, so that swapped ids are type errors.

They are plain numbers at run time. Statements return them (`sql.pyi`), sequences are wrapped where
a noun is made, and the edges wrap what comes from outside once, where they decode it. What may name
one of several nouns (an event or a channel) stays an `int`.
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
