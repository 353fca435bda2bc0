"""Cases of focalLoss; test/makeFixtures.py answers them."""

from crossEntropyCases import combinations, make_exact, make_function


def loss(p, c, gamma):
    return (1 - p) ** gamma * c


def slope(p, c, gamma):
    return (1 - p) ** gamma + gamma * (1 - p) ** (gamma - 1) * p * c


function = make_function(loss, "gamma", 2)
exact = make_exact(loss, slope, "gamma", 2)


def cases(dtype):
    # Other tests cover the sum of losses of probabilities; the fixtures stay small.
    yield from combinations(dtype, "gamma", (None, 0, 0.5, 3), smoothing=0.3, left_out=[("probabilities", "sum")])
