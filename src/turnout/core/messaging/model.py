"""The nouns of messaging that every part of it shares."""

import enum


class Channel(enum.StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"
    MMS = "mms"
    TTS = "tts"
    VOICE = "voice"
    FAX = "fax"


class Status(enum.StrEnum):
    """What became of one recipient; the messaging contract's codes."""

    QUEUED = "QUED"
    SENT = "SENT"
    FAILED = "FAIL"
    PATHWAY_ERROR = "SVRE"
    BLOCKED = "BARR"
    INVALID_NUMBER = "INVN"
    BAD_SENDER = "BADS"
    EXPIRED = "EXPD"
    OPTED_OUT = "OPTO"
    INVALID_DESTINATION = "RECE"
    BUSY = "BUSY"
    NO_ANSWER = "NOAN"
    NO_FAX = "NOFX"
    NOT_CONVERTED = "CONV"
    BOUNCED = "BOUN"
