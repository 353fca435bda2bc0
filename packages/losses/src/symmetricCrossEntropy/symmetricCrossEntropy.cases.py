"""Cases of symmetricCrossEntropy; test/makeFixtures.py answers them."""

from crossEntropyCases import combinations, make_exact, make_function


def loss(p, c, beta):
    return c + 4 * beta * (1 - p)


def slope(p, c, beta):
    return 1 + 4 * beta * p


function = make_function(loss, "beta", 1)
exact = make_exact(loss, slope, "beta", 1)


def cases(dtype):
    yield from combinations(dtype, "beta", (None, 0.2, 3), smoothing=0.2)
