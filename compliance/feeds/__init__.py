"""One adapter a kind of crime system; each yields records and a cursor (records section 4)."""

from compliance.feeds.base import Directory, Feed, Page
from compliance.feeds.http import HttpFeed, Patience

__all__ = ["Directory", "Feed", "HttpFeed", "Page", "Patience"]
