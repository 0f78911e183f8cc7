"""Lets the denoiser compute in half precision while everything around it stays in float32.

Latents and schedulers then keep their precision, at the speed and the memory of half precision. Knows nothing of files.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch.utils._pytree import tree_map


def cast_denoiser(module: torch.nn.Module) -> None:
    """Take inputs of any precision and give outputs in float32."""

    def before(module: torch.nn.Module, inputs: tuple, options: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        return tree_map(lambda one: cast(one, module.dtype), (inputs, options))

    def after(module: torch.nn.Module, inputs: tuple, output: Any) -> Any:
        return tree_map(lambda one: cast(one, torch.float32), output)

    module.register_forward_pre_hook(before, with_kwargs=True)
    module.register_forward_hook(after)


def cast_vae(module: torch.nn.Module) -> None:
    """Take pictures and latents of any precision."""

    def casting(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(values: torch.Tensor, *inputs: Any, **options: Any) -> Any:
            return method(values.to(module.dtype), *inputs, **options)

        return call

    module.encode, module.decode = casting(module.encode), casting(module.decode)


def cast(value: Any, dtype: torch.dtype) -> Any:
    """Return a tensor of numbers in another precision; timesteps, which are single numbers, as they are."""
    if isinstance(value, torch.Tensor) and value.is_floating_point() and value.ndim > 1:
        return value.to(dtype)
    return value
