"""From a figure of a report to the cases behind it: the same records, judged as they were for the figure."""

from compliance.reports.catalogue.case import Case
from compliance.reports.catalogue.edition import Edition
from compliance.reports.tracing.answer import Answer, cases
from compliance.reports.tracing.printed import as_printed

__all__ = ["Answer", "Case", "Edition", "as_printed", "cases"]
