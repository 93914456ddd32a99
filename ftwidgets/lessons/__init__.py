"""What the lessons need: opening them in JupyterLab, restoring one, and the checks of their exercises."""
