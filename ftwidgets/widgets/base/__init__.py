"""What all widgets are made of: the panel, its fields, live HTML, work in the background."""
