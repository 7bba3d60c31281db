"""Values of erfcx, Phi^-1 and ln h(u) (h = phi + u Phi) in 60 digits, for packages/engine/src/tune.

    python scripts/golden/normal.py packages/engine/src/tune/golden/normal.json
"""

import json
import sys

from mpmath import erfc, exp, log, mp, mpf, npdf, ncdf, findroot, sqrt, pi

mp.dps = 60


def log_h(u):
    u = mpf(u)
    if u > -200:
        return log(npdf(u) + u * ncdf(u))
    # Far out, 60 digits are not enough for the subtraction: phi * (u^-2 - 3 u^-4 + ...).
    s = 1 / (u * u)
    return -u * u / 2 - log(sqrt(2 * pi)) + log(s * (1 - 3 * s + 15 * s**2 - 105 * s**3 + 945 * s**4))


xs = [-5, -1, -0.3, 0, 1e-9, 0.1, 0.5, 0.9, 0.999, 1, 1.001, 1.5, 2, 3, 5, 10, 26, 100, 1e4, 1e9]
us = [5, 1, 0, -0.5, -0.999, -1, -1.001, -2, -5, -10, -38, -100, -199, -201, -1e3, -1e5, -1e6, -1e7]
ps = [1e-300, 1e-30, 1e-8, 0.001, 0.1, 0.3, 0.5, 0.7, 0.999]


def erfcx(x):
    x = mpf(x)
    if x > 1000:
        s = 1 / (2 * x * x)
        return (1 - s + 3 * s**2 - 15 * s**3) / (x * sqrt(pi))
    mp.dps = 60
    return exp(x * x) * erfc(x)


with open(sys.argv[1], "w") as file:
    json.dump(
        {
            "erfcx": [[x, float(erfcx(x))] for x in xs],
            "logH": [[u, float(log_h(u))] for u in us],
            "quantile": [[p, float(findroot(lambda t: log(ncdf(t)) - log(mpf(p)), -sqrt(-2 * log(mpf(p))) if p < 0.1 else mpf("0.1")))] for p in ps],
        },
        file,
        indent=1,
    )
