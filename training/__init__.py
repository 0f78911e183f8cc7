"""How the starter image model is made: rendered pictures in, a small Stable Diffusion out.

Runs from the repository root (``python -m training.<name>``). Nothing here is imported by the studio itself.
"""
