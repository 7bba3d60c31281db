/** Lines like `base 1200/24000  loss 4.123  18.2 ms a step  7 min left`, at most one every few seconds. */
export function createProgress(label: string, total: number, startedAt: number, everyMs = 5000) {
  const begun = Date.now();
  let shown = 0;
  let smoothed = Number.NaN;
  return (step: number, loss: number): void => {
    smoothed = Number.isNaN(smoothed) ? loss : 0.98 * smoothed + 0.02 * loss;
    const now = Date.now();
    if (now - shown < everyMs && step < total) return;
    shown = now;
    const stepMs = (now - begun) / Math.max(1, step - startedAt);
    const left = duration(stepMs * (total - step));
    console.log(`${label} ${step}/${total}  loss ${smoothed.toFixed(3)}  ${stepMs.toFixed(1)} ms a step  ${left} left`);
  };
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  return `${Math.round(seconds / 60)} min`;
}
