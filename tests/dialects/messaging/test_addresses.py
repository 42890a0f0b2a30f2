"""Addresses that users give are judged where they come in, by the parser that will call them."""

import pytest

from turnout.core.messaging.model import JobType
from turnout.dialects.messaging.attachments import decode_files
from turnout.dialects.messaging.decode import decode_new_user
from turnout.dialects.messaging.errors import SENTENCES
from turnout.dialects.messaging.job_body import JobContext, decode_job
from turnout.errors import Invalid
from turnout.http.errors import sentence_of

BAD = ("http://[/", "http://[::1", "http://h:99999/", "http://h:-1/", "http://h:1:80/")
GOOD = ("https://example.com/hook?a=b", "http://[2001:db8::1]:8080/", "http://localhost:8099/")
JOB = {"job_type": "sms", "message": "a", "recipients": [{"destination": "61412345678"}]}
USER = {
    "user_code": "au/jane",
    "password": "long enough",
    "email": "jane@example.com",
    "company": {"name": "x"},
}


def job(url: str) -> object:
    told = JobContext("UTC", "sophie", ("sophie",))
    return decode_job(JOB | {"callback_url": url}, told).new.options.callback_url


def user(url: str) -> object:
    return decode_new_user(USER | {"call_back_url": url}, ("sophie",))[0].profile.call_back_url


def file(url: str) -> object:
    return decode_files({"files": [{"name": "a.pdf", "url": url}]}, JobType.FAX).files[0].url


WAYS = {"callback_url": job, "call_back_url": user, "files.0.url": file}


@pytest.mark.parametrize("url", BAD)
@pytest.mark.parametrize(("field", "decode"), WAYS.items())
def test_what_cannot_be_called_is_refused(field, decode, url):
    with pytest.raises(Invalid) as refused:
        decode(url)
    said = sentence_of(refused.value, SENTENCES)
    assert said == f"The {field} format is invalid."


@pytest.mark.parametrize("url", GOOD)
@pytest.mark.parametrize("decode", WAYS.values())
def test_what_can_be_called_is_kept_as_it_is(decode, url):
    assert decode(url) == url
