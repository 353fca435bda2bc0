"""Trains the network of this folder in PyTorch, for the sentence about it in the tutorial.

Needs torch: pip install torch==2.13. Run: python pytorch.py
"""

import torch
from torch.nn.functional import cross_entropy, one_hot

MODULUS = 23
STEPS = 2000


def true_loss(logits, targets):
    """Computes the mean loss in float64 without losing the small terms."""
    gaps = logits.double() - logits.double().gather(1, targets[:, None])
    gaps.scatter_(1, targets[:, None], float("-inf"))
    return torch.log1p(gaps.exp().sum(1)).mean().item()


def train(seed):
    torch.manual_seed(seed)
    numbers = torch.arange(MODULUS)
    pairs = torch.cartesian_prod(numbers, numbers)
    pairs = pairs[torch.randperm(len(pairs))[: round(0.6 * len(pairs))]]
    targets = pairs.sum(1) % MODULUS
    inputs = one_hot(pairs, MODULUS).flatten(1).float()
    network = torch.nn.Sequential(
        torch.nn.Linear(2 * MODULUS, 64), torch.nn.ReLU(), torch.nn.Linear(64, MODULUS)
    )
    parameters = list(network.parameters())
    for _ in range(STEPS):
        network.zero_grad()
        cross_entropy(network(inputs), targets).backward()
        norm = sum((p.grad.double() ** 2).sum() for p in parameters).sqrt()
        with torch.no_grad():
            for p in parameters:
                p -= (0.3 * p.grad.double() / norm).float()
    return true_loss(network(inputs).detach(), targets)


for seed in range(4):
    print(f"seed {seed}: loss {train(seed):.1e} after {STEPS} steps")
