"""The studio in a browser and over HTTP: the only package that imports gradio or fastapi."""

from pathlib import Path

__version__ = "0.1.0"
STATIC = Path(__file__).parent / "static"
