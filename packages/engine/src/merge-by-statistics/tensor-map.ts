/** Values of tensors by name: a model, a task vector, or a statistic with one number for every parameter. */
export type TensorMap = ReadonlyMap<string, Float32Array>;

/** The values of a tensor. @throws Error that says which map lacks it, or has it in another size */
export function tensorOf(map: TensorMap, name: string, size: number, what: string): Float32Array {
  const values = map.get(name);
  if (values === undefined) throw new Error(`${what} has no tensor "${name}".`);
  if (values.length !== size) throw new Error(`${what}: tensor "${name}" has ${values.length} elements, not ${size}.`);
  return values;
}

/** A new map with `compute` of every tensor of the first one. */
export function mapTensors(first: TensorMap, compute: (name: string, size: number) => Float32Array): Map<string, Float32Array> {
  return new Map([...first].map(([name, { length }]) => [name, compute(name, length)]));
}

/** Square root of the sum of squares over all tensors. */
export function norm(map: TensorMap): number {
  let sum = 0;
  for (const values of map.values()) for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
