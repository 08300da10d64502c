"""Feeds: one adapter for each kind of crime system, which yields records and a cursor (records section 4)."""

from compliance.feeds.access import ClientCredentials, tls_context
from compliance.feeds.feed import DirectoryEntries, Feed, Page
from compliance.feeds.http import HttpFeed, Remembered
from compliance.feeds.http_errors import NotNowError
from compliance.feeds.mapping import Mapper
from compliance.feeds.requests import Patience
from compliance.feeds.witness import Witness

__all__ = [
    "ClientCredentials",
    "DirectoryEntries",
    "Feed",
    "HttpFeed",
    "Mapper",
    "NotNowError",
    "Page",
    "Patience",
    "Remembered",
    "Witness",
    "tls_context",
]
