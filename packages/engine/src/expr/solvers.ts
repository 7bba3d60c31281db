import { arccosine, sine } from "../tensor/trigonometry.ts";
import type { Solver } from "./expr.ts";

/**
 * Riemannian mean of vectors on the sphere through the mean of their norms, from inner products alone: every iterate is a
 * combination Σ cᵢ·vᵢ of the vectors, so only the coefficients are iterated.
 * @param args iterations, tolerance, number of vectors n, then the inner products vᵢ·vⱼ for i ≤ j, row by row
 * @returns n coefficients; vectors of norm up to the tolerance count for the radius, not for the direction, but when all are so
 * short they are averaged; where directions cancel, the first decides
 */
function karcher([iterations = 0, tolerance = 0, n = 0, ...products]: readonly number[]): number[] {
  const at = (i: number, j: number): number => {
    const [low, high] = i < j ? [i, j] : [j, i];
    return products[low * n - (low * (low - 1)) / 2 + (high - low)] ?? 0;
  };
  const norms = Array.from({ length: n }, (_, i) => Math.sqrt(at(i, i)));
  const radius = norms.reduce((a, b) => a + b, 0) / n;
  const used = norms.flatMap((norm, i) => (norm > tolerance ? [i] : []));
  // In terms of the unit vectors uᵢ = vᵢ/|vᵢ|.
  const cosine = (i: number, j: number): number => at(i, j) / ((norms[i] ?? 1) * (norms[j] ?? 1));
  const along = (c: readonly number[], j: number): number => used.reduce((acc, i) => acc + (c[i] ?? 0) * cosine(i, j), 0);
  const normalised = (c: readonly number[]): number[] => {
    const length = Math.sqrt(
      Math.max(
        0,
        used.reduce((acc, j) => acc + (c[j] ?? 0) * along(c, j), 0),
      ),
    );
    return length > 0 ? c.map((x) => x / length) : [...c];
  };
  if (used.length === 0) return norms.map(() => 1 / n);
  const even = norms.map((_, i) => (used.includes(i) ? 1 / used.length : 0));
  const clear = used.reduce((acc, j) => acc + (even[j] ?? 0) * along(even, j), 0) > tolerance * tolerance;
  let mean = clear ? normalised(even) : norms.map((_, i) => (i === used[0] ? 1 : 0));
  for (let step = 0; step < iterations; step += 1) {
    const tangent = mean.map(() => 0);
    for (const i of used) {
      const c = Math.max(-1, Math.min(1, along(mean, i)));
      const theta = arccosine(c);
      // Where the map is undefined (opposite points) or the identity, the vector pulls nowhere.
      const scale = Math.abs(c) > 1 - 1e-15 ? 0 : theta / sine(theta) / used.length;
      // log map of uᵢ at the mean: (uᵢ − c·mean)·θ/sin θ
      tangent[i] = (tangent[i] ?? 0) + scale;
      for (const j of used) tangent[j] = (tangent[j] ?? 0) - scale * c * (mean[j] ?? 0);
    }
    const length = Math.sqrt(
      Math.max(
        0,
        used.reduce((acc, j) => acc + (tangent[j] ?? 0) * along(tangent, j), 0),
      ),
    );
    if (length < tolerance) break;
    const stay = length <= Math.PI / 2 ? sine(Math.PI / 2 - length) : -sine(length - Math.PI / 2);
    const go = sine(Math.min(length, Math.PI)) / length;
    mean = normalised(mean.map((x, j) => stay * x + go * (tangent[j] ?? 0)));
  }
  return norms.map((norm, i) => (used.includes(i) ? (radius * (mean[i] ?? 0)) / norm : 0));
}

export const solvers: Readonly<Record<Solver, (args: readonly number[]) => readonly number[]>> = { karcher };
