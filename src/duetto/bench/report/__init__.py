"""The report of a bench run: one HTML file that stands alone, for reading failures by picture and by ear."""

from duetto.bench.report.page import write_report

__all__ = ["write_report"]
