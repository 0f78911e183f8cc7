"""The studio in a browser and over HTTP: the only package that imports gradio or fastapi."""

__version__ = "0.1.0"
