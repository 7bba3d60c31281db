"""Direction numbers of Joe & Kuo (2008, new-joe-kuo-6) as scipy ships them, and points to check ours against.

    python scripts/golden/sobol.py packages/engine/src/tune
"""

import json
import os
import sys

import numpy as np
import scipy.stats
from scipy.stats import qmc

DIMENSIONS = 128
out = sys.argv[1]
table = np.load(os.path.join(os.path.dirname(scipy.stats.__file__), "_sobol_direction_numbers.npz"))
rows = []
for polynomial, start in zip(table["poly"][1:DIMENSIONS], table["vinit"][1:DIMENSIONS]):
    degree = int(polynomial).bit_length() - 1
    rows.append([int(polynomial), *(int(m) for m in start[:degree])])

with open(os.path.join(out, "sobol-directions.ts"), "w") as file:
    file.write(
        "/**\n"
        " * A primitive polynomial over GF(2), by its bits, and first direction numbers for every dimension after the first.\n"
        " * Source: Joe & Kuo 2008, Constructing Sobol sequences with better two-dimensional projections (new-joe-kuo-6); written by scripts/golden/sobol.py.\n"
        " */\n"
        "export const sobolDirections: readonly (readonly number[])[] = " + json.dumps(rows) + ";\n"
    )

points = qmc.Sobol(DIMENSIONS, scramble=False).random_base2(5)
os.makedirs(os.path.join(out, "golden"), exist_ok=True)
with open(os.path.join(out, "golden", "sobol.json"), "w") as file:
    # 32 points in 128 dimensions, in units of 2^-5 (they are whole numbers there).
    json.dump((points * 32).astype(int).tolist(), file)
