"""Cases of generalizedCrossEntropy; test/makeFixtures.py answers them."""

from crossEntropyCases import combinations, make_exact, make_function


def loss(p, c, q):
    return (1 - p**q) / q


def slope(p, c, q):
    return p**q


function = make_function(loss, "q", 0.7)
exact = make_exact(loss, slope, "q", 0.7)


def cases(dtype):
    yield from combinations(dtype, "q", (None, 0.2, 1), smoothing=0.2)
