"""Cases of sigmoidContrastiveLoss; test/makeFixtures.py answers them with the paper's formula."""

from itertools import product

import torch
import torch.nn.functional as F

differentiable = ["queries", "keys", "temperature", "bias"]


def function(queries, keys, temperature=0.1, bias=-10, normalize=True, reduction="mean"):
    if normalize:
        queries, keys = F.normalize(queries, dim=-1), F.normalize(keys, dim=-1)
    logits = queries @ keys.T / temperature + bias
    signs = 2 * torch.eye(len(queries), dtype=logits.dtype) - 1
    losses = -F.logsigmoid(signs * logits).sum(-1)
    return {"mean": losses.mean, "sum": losses.sum, "none": lambda: losses}[reduction]()


def cases(dtype):
    choices = product((1, 4), (True, False), (None, 0.5), (None, -1.5), ("mean", "sum", "none"))
    for count, normalize, temperature, bias, reduction in choices:
        scale = 1 if normalize else 0.4
        arguments = {name: scale * torch.randn(count, 3, dtype=dtype) for name in ("queries", "keys")}
        # A positional argument needs those before it.
        if temperature is not None or bias is not None:
            arguments["temperature"] = torch.tensor(temperature or 0.2, dtype=dtype)
        if bias is not None:
            arguments["bias"] = torch.tensor(bias, dtype=dtype)
        yield {
            "note": f"{count} pairs, normalize {normalize}, {temperature}, {bias}, {reduction}",
            "arguments": arguments,
            "options": {"normalize": normalize, "reduction": reduction},
        }
