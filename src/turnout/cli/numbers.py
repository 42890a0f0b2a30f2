"""The numbers by which commands take things: each is an id of its kind, from 1 on."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number as Range

from turnout.cli.app import LARGEST
from turnout.core.ids import (
    CallbackId,
    CampaignId,
    CannedAnswerId,
    ChannelId,
    CredentialId,
    DeviceId,
    EntryId,
    EventId,
    EventQuestionId,
    GateId,
    JobId,
    ListId,
    PrinterId,
    QuestionId,
    RegistrationId,
    ReplyId,
    RoomId,
    SessionId,
    SpeakerId,
    SurveyId,
    TemplateId,
    TicketTypeId,
)

_RANGE = Parameter(validator=Range(gte=1, lte=LARGEST))

ChannelNumber = Annotated[ChannelId, _RANGE]
CallbackNumber = Annotated[CallbackId, _RANGE]
CampaignNumber = Annotated[CampaignId, _RANGE]
CannedAnswerNumber = Annotated[CannedAnswerId, _RANGE]
CredentialNumber = Annotated[CredentialId, _RANGE]
DeviceNumber = Annotated[DeviceId, _RANGE]
EntryNumber = Annotated[EntryId, _RANGE]
EventNumber = Annotated[EventId, _RANGE]
EventQuestionNumber = Annotated[EventQuestionId, _RANGE]
GateNumber = Annotated[GateId, _RANGE]
JobNumber = Annotated[JobId, _RANGE]
PrinterNumber = Annotated[PrinterId, _RANGE]
ListNumber = Annotated[ListId, _RANGE]
QuestionNumber = Annotated[QuestionId, _RANGE]
RegistrationNumber = Annotated[RegistrationId, _RANGE]
ReplyNumber = Annotated[ReplyId, _RANGE]
RoomNumber = Annotated[RoomId, _RANGE]
RowNumber = Annotated[int, _RANGE]
SessionNumber = Annotated[SessionId, _RANGE]
SpeakerNumber = Annotated[SpeakerId, _RANGE]
SurveyNumber = Annotated[SurveyId, _RANGE]
TemplateNumber = Annotated[TemplateId, _RANGE]
TicketTypeNumber = Annotated[TicketTypeId, _RANGE]
