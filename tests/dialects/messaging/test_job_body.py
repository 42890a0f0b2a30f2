"""The decoder of jobs, whatever is sent: it gives a job or refuses, and keeps what it took."""

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from tests.support import proof
from turnout.core.messaging.model import NewRecipient
from turnout.core.text import is_storable
from turnout.dialects.messaging import rules
from turnout.dialects.messaging.attachments import ALL_MEMBERS
from turnout.dialects.messaging.decode import clean
from turnout.dialects.messaging.job_body import DecodedJob, JobContext, decode_job
from turnout.dialects.messaging.job_members import MEMBERS
from turnout.dialects.messaging.recipients import OWN, decode_recipients
from turnout.errors import Invalid

EXAMPLES = proof.scale(80, 3000)
TOLD = JobContext("Australia/Melbourne", "sophie", ("sophie", "jack"))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["name", "url"]), inner, max_size=3)
    ),
    max_leaves=8,
)
likely = {
    "job_type": st.sampled_from(list(rules.JOB_TYPES)),
    "message": st.text(min_size=1, max_size=20),
    "from_email": st.just("a@example.com"),
    "text_message": st.text(max_size=20),
    "recipients": st.lists(
        st.fixed_dictionaries({"destination": st.text(min_size=1, max_size=12)}), min_size=1
    ),
    **{
        name: st.just([{"name": "a.wav", "base64content": "AAAA"}])
        for name in ALL_MEMBERS
        if name == "audiofile"
    },
    "files": st.just([{"name": "a.pdf", "base64content": "AAAA"}]),
}
bodies = st.builds(
    lambda good, wild: good | wild,
    st.fixed_dictionaries(likely),
    st.dictionaries(st.sampled_from(sorted(MEMBERS)), json_values, max_size=4),
)


def decode(body: dict[str, object]) -> DecodedJob | None:
    try:
        job = decode_job(clean(body), TOLD)
        list(job.recipients)
    except Invalid:
        return None
    return job


@pytest.mark.proof
def test_whatever_is_sent_becomes_a_job_or_is_refused():
    made = 0

    @hypothesis.seed(proof.seed())
    @hypothesis.settings(max_examples=EXAMPLES, deadline=None)
    @hypothesis.given(bodies)
    def run(body: dict[str, object]) -> None:
        nonlocal made
        job = decode(body)
        if job is None:
            return
        made += 1
        # What was taken can be stored, and comes back as it was.
        stored = msgspec.json.encode(job.new)
        assert msgspec.json.decode(stored, type=type(job.new)) == job.new
        assert is_storable(stored.decode())
        assert job.new.list_ids or len(job.recipients) > 0
        assert 0 < len(job.new.name) <= rules.TEXT_LENGTH

    run()
    assert made
    proof.report("parser properties messaging", examples=EXAMPLES, jobs=made)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
names = st.text("abcXYZ0_ ", min_size=1, max_size=10).filter(lambda name: name.strip())


@hypothesis.settings(max_examples=proof.scale(40, 400), deadline=None)
@hypothesis.given(
    st.lists(
        st.tuples(texts.filter(str.strip), texts, texts, st.dictionaries(names, texts, max_size=4)),
        max_size=5,
    )
)
def test_recipients_are_taken_as_they_were_meant(given):
    sent = [
        dict(zip(OWN, (to, reference, name), strict=True)) | fields
        for to, reference, name, fields in given
    ]
    raw = msgspec.Raw(msgspec.json.encode(sent))
    assert list(decode_recipients(raw)) == [
        NewRecipient(
            to.strip(),
            reference.strip(),
            name.strip() or f"Recipient {number}",
            {field: value.strip() for field, value in fields.items()},
        )
        for number, (to, reference, name, fields) in enumerate(given, 1)
    ]
