import type { TensorValues } from "../../runtime/index.ts";
import type { Gram, GramStatistics } from "../gram.ts";

const names = { gram: "gram.", rows: "rows.", table: "table." } as const;

/** Tensors of a file: `gram.<weight>` [in, in], `rows.<weight>` [1], `table.<weight>` [rows of the table]. */
export function gramToTensors({ grams, tables }: Pick<GramStatistics, "grams" | "tables">): [string, TensorValues][] {
  const tensors: [string, TensorValues][] = [];
  for (const [weight, { inputs, values, rows }] of grams) {
    tensors.push([names.gram + weight, { shape: [inputs, inputs], values: Float32Array.from(values) }]);
    tensors.push([names.rows + weight, { shape: [1], values: Float32Array.of(rows) }]);
  }
  for (const [weight, shares] of tables) {
    tensors.push([names.table + weight, { shape: [shares.length], values: Float32Array.from(shares) }]);
  }
  return tensors;
}

/** The same, read back. Rounded to f32. @throws Error for a tensor that is no square matrix, by its name */
export function tensorsToGram(tensors: ReadonlyMap<string, TensorValues>): Pick<GramStatistics, "grams" | "tables"> {
  const grams = new Map<string, Gram>();
  const tables = new Map<string, Float64Array>();
  for (const [name, { shape, values }] of tensors) {
    if (name.startsWith(names.table)) tables.set(name.slice(names.table.length), Float64Array.from(values));
    if (!name.startsWith(names.gram)) continue;
    const weight = name.slice(names.gram.length);
    const [inputs = 0, columns] = shape;
    if (shape.length !== 2 || inputs !== columns)
      throw new Error(`Tensor "${name}" has the shape [${shape.join(", ")}]; a Gram matrix is square.`);
    grams.set(weight, { inputs, values: Float64Array.from(values), rows: tensors.get(names.rows + weight)?.values[0] ?? 0 });
  }
  return { grams, tables };
}
