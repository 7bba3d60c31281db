/** The files that hold a version's tensors, as every loader picks them: model.safetensors, else all shards. */
export function weightFiles<F extends { readonly path: string }>(files: readonly F[]): F[] {
  const weights = files.filter(({ path }) => path.endsWith(".safetensors"));
  const whole = weights.filter(({ path }) => path === "model.safetensors");
  return whole.length > 0 ? whole : weights;
}
