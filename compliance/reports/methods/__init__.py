"""The statistics, as plain functions of counts: intervals, control charts, funnels (statistics 1.3 to 3)."""
