"""`/console/{event}/report`: who turned out, at the door and on the screen."""

from falcon.asgi import Request, Response

from turnout.web.console.page import ConsolePage
from turnout.web.console.report.chosen import list_chosen
from turnout.web.console.report.drawing import compare, draw_report, percent
from turnout.web.console.report.query import VIEWERS, parse_report
from turnout.web.console.report.reading import see_report


class ReportPage(ConsolePage):
    """`/console/{event}/report`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The report that the address asks for. Raises Missing."""
        query, form = parse_report(req)
        view = await self.console.read(req, "report.see", see_report, query)
        self.console.answer(
            req,
            resp,
            "console/report/report.html",
            form,
            query=query,
            report=view.report,
            charts=draw_report(view.report, query),
            compared=view.compared,
            comparison=compare(view.report, view.compared) if view.compared else [],
            others=view.others,
            viewers=VIEWERS,
            chosen=list_chosen(query, view.report.zone.key),
            files=[file.ending for file in self.console.report_files],
            percent=percent,
            here="",
        )
