"""A report as people read it: a page, Markdown, annotations."""
