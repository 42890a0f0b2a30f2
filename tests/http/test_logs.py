"""The log's sink: it never holds anybody up, keeps the order, and tells what it dropped."""

import json
import os
import select
import threading

import pytest

from turnout.http.logs import HELD_BYTES, Sink


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        os.close(descriptor)


def read(reader: int, size: int) -> bytes:
    read = b""
    while len(read) < size:
        read += os.read(reader, 1 << 20)
    return read


def read_all(reader: int) -> bytes:
    """Everything until nothing more comes for a second."""
    text = b""
    while select.select([reader], [], [], 1)[0]:
        text += os.read(reader, 1 << 20)
    return text


def add_often(sink: Sink, line: bytes, times: int) -> None:
    for _ in range(times):
        sink.add(line)


def test_lines_come_out_in_their_order(pipe):
    reader, writer = pipe
    sink = Sink(writer)
    lines = [b"line %d\n" % number for number in range(3000)]
    for line in lines:
        sink.add(line)
    whole = b"".join(lines)
    assert read(reader, len(whole)) == whole


def test_close_waits_until_the_last_line_is_written(pipe):
    reader, writer = pipe
    sink = Sink(writer)
    for number in range(5):
        sink.write(f"last words {number}\n")
        sink.close()
        assert read(reader, 1) == b"last words %d\n" % number


def test_a_reader_that_stops_reading_stops_nobody(pipe):
    """More than fits is dropped, and how many lines that were is told afterwards."""
    reader, writer = pipe
    sink = Sink(writer)
    line = json.dumps({"event": "request", "path": "x" * 1000}).encode() + b"\n"
    sent = 3 * HELD_BYTES // len(line)
    threads = [threading.Thread(target=add_often, args=(sink, line, sent // 4)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    written = [json.loads(text) for text in read_all(reader).splitlines()]
    dropped = sum(told["lines"] for told in written if told["event"] == "log lines dropped")
    kept = sum(told["event"] == "request" for told in written)
    assert kept + dropped == 4 * (sent // 4)
    assert HELD_BYTES // len(line) <= kept < sent // 2
    # There is room again.
    sink.add(b"{}\n")
    assert read(reader, 1) == b"{}\n"


def test_text_that_is_no_unicode_is_written_all_the_same(pipe):
    reader, writer = pipe
    sink = Sink(writer)
    sink.write("half \ud83d pair\n")
    assert read(reader, 1) == b"half \\ud83d pair\n"
