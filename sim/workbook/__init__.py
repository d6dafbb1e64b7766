"""The workbook: a sheet per view, for planners who open Excel first."""

from sim.workbook.workbooks import comparison_files, workbook_files

__all__ = ["comparison_files", "workbook_files"]
