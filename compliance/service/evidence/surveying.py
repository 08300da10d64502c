"""The survey of victims: a file read and stored, and what is held as people read it (docs/satisfaction.md)."""

from datetime import date
from pathlib import Path

from compliance.errors import SettingsError
from compliance.feed_settings import Files
from compliance.feeds.row_files import numbered_rows
from compliance.reports.judging.satisfaction import name_divisions
from compliance.service.evidence.survey_files import FindDivision, SurveyFile, columns_of, read_survey
from compliance.service.report_jobs.reporting import organisation_in
from compliance.service.service import Service
from compliance.store.kept.surveys import store_waves

ENDINGS = (".csv", ".xlsx")


def import_survey(service: Service, path: Path, by: str) -> tuple[SurveyFile, set[str]]:
    """Store the waves of a file, and return them and which of them were held before and are replaced.

    Nothing is stored unless all of it can be used. Raises RecordError that names each row that cannot, and
    SettingsError if the file cannot be read.
    """
    if path.suffix not in ENDINGS:
        raise SettingsError(f"{path}: expected a file that ends in {' or '.join(ENDINGS)}")
    settings, now = service.settings.survey, service.clock()
    form = Files(folder=".", delimiter=settings.delimiter, encoding=settings.encoding)
    rows = numbered_rows(path, form, "survey", columns_of(settings), "survey")
    today: date = service.policy.local.date_of(now)
    try:
        found = read_survey(rows, settings, _divisions(service), today)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    return found, store_waves(service.store, found.results, now, by)


def _divisions(service: Service) -> FindDivision:
    """Return what finds a division of the organisation at the end of a wave."""
    organisation = organisation_in(service.settings)
    return lambda wave, name: name_divisions(organisation, wave.last)(name)
