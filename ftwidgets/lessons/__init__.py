"""What the lessons need: opening them in JupyterLab, putting one back to how it came, and the checks of their exercises."""
