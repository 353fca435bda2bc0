"""Cases of infoNceLoss; test/makeFixtures.py answers them with the papers' formula, in PyTorch."""

from itertools import product

import torch
import torch.nn.functional as F

differentiable = ["queries", "keys", "negatives", "temperature"]


def function(queries, keys, *rest, normalize=True, symmetric=False, reduction="mean"):
    temperature = next((x for x in rest if x.dim() == 0), 0.07)
    negatives = next((x for x in rest if x.dim() > 0), None)
    if normalize:
        queries, keys = F.normalize(queries, dim=-1), F.normalize(keys, dim=-1)
        negatives = None if negatives is None else F.normalize(negatives, dim=-1)
    columns = queries @ keys.T / temperature
    logits = columns
    if negatives is not None:
        more = torch.einsum("nd,kd->nk" if negatives.dim() == 2 else "nd,nkd->nk", queries, negatives)
        logits = torch.cat([logits, more / temperature], dim=1)
    target = torch.arange(len(queries))
    losses = F.cross_entropy(logits, target, reduction="none")
    if symmetric:
        losses = (losses + F.cross_entropy(columns.T, target, reduction="none")) / 2
    return {"mean": losses.mean, "sum": losses.sum, "none": lambda: losses}[reduction]()


def cases(dtype):
    choices = product((False, True), (True, False), (None, 0.5), (None, "shared", "own"), ("mean", "none"))
    for symmetric, normalize, temperature, negatives, reduction in choices:
        arguments = {"queries": torch.randn(3, 4, dtype=dtype)}
        arguments["keys"] = torch.randn(3 if symmetric else 4, 4, dtype=dtype)
        if not normalize and temperature is None:
            arguments = {name: 0.2 * x for name, x in arguments.items()}
        if negatives is not None:
            shape = (2, 4) if negatives == "shared" else (3, 2, 4)
            arguments["negatives"] = 0.5 * torch.randn(shape, dtype=dtype)
        if temperature is not None:
            arguments["temperature"] = torch.tensor(temperature, dtype=dtype)
        yield {
            "note": f"symmetric {symmetric}, normalize {normalize}, {temperature}, {negatives}, {reduction}",
            "arguments": arguments,
            "options": {"symmetric": symmetric, "normalize": normalize, "reduction": reduction},
        }
