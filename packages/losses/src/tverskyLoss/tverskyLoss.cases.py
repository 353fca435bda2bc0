"""Cases of tverskyLoss; test/makeFixtures.py answers them with the paper's formula, in PyTorch."""

import sys
from pathlib import Path


sys.path.append(str(Path(__file__).parents[2] / "test"))
from makeFixtures import load

dice = load(Path(__file__).parents[1] / "diceLoss" / "diceLoss.cases.py")


def function(input, target, axis=-1, activation="softmax", alpha=0.5, beta=0.5, smooth=1e-5, batch=False, ignore_index=-100, reduction="mean"):
    p, t, is_flat = dice.regions(input, target, axis, activation, ignore_index, batch)
    both = (p * t).sum(-1)
    # Ignored positions have p = t = 0.
    denominator = both + alpha * (p * (1 - t)).sum(-1) + beta * ((1 - p) * t).sum(-1)
    return dice.reduce(1 - (both + smooth) / (denominator + smooth), is_flat, reduction)


def cases(dtype):
    for index, (input, target, options) in enumerate(dice.segmentations(dtype)):
        if index % 3 > 0:
            options.update(alpha=0.3, beta=0.7 if index % 3 == 1 else 1.5)
        if index % 4 > 0:
            options["smooth"] = (0, 1, 1e-3)[index % 4 - 1]
        yield {"note": f"{list(input.shape)}, {options}", "arguments": {"input": input, "target": target}, "options": options}
