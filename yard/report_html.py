"""The report as one HTML file that needs nothing else, to keep and to send."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from yard import say
from yard.report import Report
from yard.report_text import as_sent, facts, shown
from yard.trials import Plot, briefly


def render(report: Report) -> str:
    """The page of a report."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"shown": shown, "length": say.seconds, "briefly": briefly}
    longest = max((step.seconds or 0.0 for step in report.steps), default=0.0) or 1.0
    return templates.get_template("report.html.j2").render(
        report=report,
        facts=facts(report),
        longest=longest,
        metrics=list(dict.fromkeys(name for values in report.metrics.values() for name in values)),
        plot=Plot(report.trials) if report.trials and report.trials.best(1) else None,
        request=as_sent(report.request, indent=2),
        answer=as_sent(report.answer, indent=2),
    )
