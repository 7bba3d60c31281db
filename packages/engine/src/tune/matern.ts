const SQRT_5 = Math.sqrt(5);

/** Matérn-5/2 correlation at a squared scaled distance: (1 + √5 r + 5r²/3) e^{−√5 r}. */
export function matern52(squared: number): number {
  const r = SQRT_5 * Math.sqrt(squared);
  return (1 + r + (r * r) / 3) * Math.exp(-r);
}

/** −2 dk/d(r²) = (5/3)(1 + √5 r) e^{−√5 r}: ∂k/∂xₖ = −this·(xₖ − x′ₖ)/ℓₖ², and ∂k/∂ln ℓₖ = this·(xₖ − x′ₖ)²/ℓₖ². */
export function maternSlope(squared: number): number {
  const r = SQRT_5 * Math.sqrt(squared);
  return (5 / 3) * (1 + r) * Math.exp(-r);
}
