"""Official papers: said once as data (`paper`), written as Excel, Word and PDF (`workbook`, `word`, `pdf`)."""
