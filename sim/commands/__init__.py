"""The commands of ``run.py``: one module each, thin, calling the rows below."""
