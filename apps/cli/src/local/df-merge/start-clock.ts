/** Seconds since now. */
export function startClock(): () => number {
  const started = performance.now();
  return () => (performance.now() - started) / 1000;
}
