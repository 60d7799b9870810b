"""Books for people and their programs: plain-text accounting, tables for accountants, invoices."""
