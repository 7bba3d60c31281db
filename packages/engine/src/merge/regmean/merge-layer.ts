import type { PreparedTensor, WholeParent, WholeTensor } from "../prepare/whole-tensor.ts";
import { averageRows } from "./average-rows.ts";
import { solveLayer } from "./solve-layer.ts";

/** One tensor by RegMean: a linear weight by its Gram matrices, a table by its shares, or as an average where that is asked for. */
export function mergeLayer({ name, shape, parents, params }: WholeTensor): PreparedTensor {
  const measured = parents.map((parent) => {
    if (parent.statistic === undefined) throw new Error(`Nothing was measured of ${name}.`);
    return { ...parent, statistic: parent.statistic, coefficient: Number(parent.own["weight"]) };
  });
  const [first] = measured;
  const ridge = Number(params["ridge"]);
  const [rows = 1, ...rest] = shape;
  const columns = rest.reduce((product, size) => product * size, 1);
  if (first?.statistic.kind === "table") {
    const shares = ({ statistic }: (typeof measured)[number]) => (params["tables"] === "shares" ? statistic.read() : []);
    const tables = measured.map((parent) => ({ ...parent, values: parent.read, shares: () => shares(parent) }));
    return { values: averageRows(tables, rows, columns, ridge), numbers: {} };
  }
  const isTransposed = first?.statistic.isTransposed === true;
  const layers = measured.map((parent) => ({ ...parent, weight: parent.read, gram: parent.statistic.read }));
  const options = {
    ...{ inputs: isTransposed ? rows : columns, outputs: isTransposed ? columns : rows },
    ...{ isTransposed, ridge, offDiagonal: Number(params["offDiagonal"]) },
  };
  // Rounding of a singular sum can leave it a little negative: then the ridge has to be larger.
  for (const factor of ridges) {
    const values = solveLayer(layers, { ...options, ridge: Math.max(ridge * factor, factor > 1 ? 1e-12 * factor : 0) });
    if (values !== null) return { values, numbers: { ridge: ridge * factor } };
  }
  return { values: averageOf(measured), numbers: {} };
}

const ridges = [1, 1e2, 1e4, 1e6];

function averageOf(parents: readonly (Pick<WholeParent, "read"> & { readonly coefficient: number })[]): Float32Array {
  const [first] = parents;
  const length = first?.read().length ?? 0;
  return averageRows(
    parents.map(({ read, coefficient }) => ({ values: read, shares: () => [], coefficient })),
    ...([1, length, 1] as const),
  );
}
