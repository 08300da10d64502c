"""The records read again: as now, as known then, as exports, on one officer."""
