/** The known key that a misspelt one most likely means; null when none is near. */
export function nearestKey(key: string, known: readonly string[]): string | null {
  const limit = key.length <= 4 ? 1 : 2;
  const near = known
    .filter((each) => Math.abs(each.length - key.length) <= limit)
    .map((each) => ({ each, distance: editDistance(key.toLowerCase(), each.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit);
  near.sort((a, b) => a.distance - b.distance);
  return near[0]?.each ?? null;
}

/** Letters to insert, remove, replace or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
