"""Looks at the published files: that each one in the folder is as it was published."""

from collections.abc import Iterator
from contextlib import closing

from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.reports.publishing.published_files import find_altered
from compliance.service.check.record_checks import first_ones
from compliance.service.conditions import Finding, Problem
from compliance.store import Store
from compliance.text import count_noun, plural


def check_reports(settings: Settings) -> Iterator[Finding]:
    """Compare each published file that is in the folder with its stored digest. Files that were moved away are not
    missed.

    Finds nothing without a usable database, which another look finds.
    """
    folder = settings.path(settings.report.folder)
    try:
        with closing(Store.open(settings.database_url)) as store:
            altered = find_altered(store, folder)
    except ComplianceError:
        return
    if altered:
        count = len(altered)
        said = f"{count_noun(count, 'published file')} in {folder} {plural(count, 'is', 'are')} not as published."
        yield Finding("published files", (Problem("report-altered", said, first_ones(altered)),))
    else:
        yield Finding("published files: as published")
