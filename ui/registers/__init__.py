"""Registers and records as files: CSV and XLSX for a spreadsheet, PDF to sign and file, JSON lines for programs."""
