"""From a figure of a report to the cases behind it: the same records, judged as they were for the figure."""

from compliance.reports.catalogue.case import TracedCase
from compliance.reports.catalogue.edition import Edition
from compliance.reports.tracing.answer import TracedFigure, cases
from compliance.reports.tracing.printed import Printed, as_printed

__all__ = ["Edition", "Printed", "TracedCase", "TracedFigure", "as_printed", "cases"]
