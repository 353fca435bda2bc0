"""Cases of polyLoss; test/makeFixtures.py answers them."""

from crossEntropyCases import combinations, make_exact, make_function


def loss(p, c, epsilon):
    return c + epsilon * (1 - p)


def slope(p, c, epsilon):
    return 1 + epsilon * p


function = make_function(loss, "epsilon", 1)
exact = make_exact(loss, slope, "epsilon", 1)


def cases(dtype):
    # Other tests cover the sum of losses of probabilities; the fixtures stay small.
    yield from combinations(dtype, "epsilon", (None, 0, -1, 3), smoothing=0.3, left_out=[("probabilities", "sum")])
