"""The audience report as files, for the console: the same as over the API."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from turnout.core.audience.permissions import ReportedEvent
from turnout.core.audience.reports import ReportFile, ReportFilter
from turnout.core.ids import OrgId
from turnout.dialects.reporting.envelope import CSV_TYPE, JSON_TYPE, XML_TYPE, Moment
from turnout.dialects.reporting.present import (
    Report,
    csv_report,
    json_report,
    xlsx_report,
    xml_report,
)
from turnout.formats.workbook import CONTENT_TYPE as XLSX_TYPE
from turnout.store import Tx


def _file(ending: str, content_type: str, report: Callable[..., Report]) -> ReportFile:
    def make(
        tx: Tx, org_id: OrgId, event: ReportedEvent, zone: ZoneInfo, wanted: ReportFilter
    ) -> Iterator[bytes]:
        for (piece,) in report(tx, org_id, event, Moment(tx.now, zone), wanted):
            yield piece

    return ReportFile(ending, content_type, make)


REPORT_FILES = (
    _file("csv", CSV_TYPE, csv_report),
    _file("xlsx", XLSX_TYPE, xlsx_report),
    _file("xml", XML_TYPE, xml_report),
    _file("json", JSON_TYPE, json_report),
)
