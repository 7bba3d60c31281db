export interface RelativePositionSettings {
  readonly buckets: number;
  readonly maxDistance: number;
  /** Whether keys after the query have buckets of their own; else they share that of distance 0, and a mask hides them. */
  readonly isBidirectional: boolean;
}

/**
 * The bucket of a key that lies `offset` tokens after its query (T5, Raffel et al. 2020, §2.1): one each for near distances, then
 * logarithmically wider ones up to `maxDistance`, and one for all beyond. Rounds as float32 does, since a boundary may fall on a distance.
 */
export function relativePositionBucket(
  offset: number,
  { buckets, maxDistance, isBidirectional }: RelativePositionSettings,
): number {
  const side = isBidirectional ? Math.floor(buckets / 2) : buckets;
  const first = isBidirectional && offset > 0 ? side : 0;
  const distance = isBidirectional ? Math.abs(offset) : Math.max(0, -offset);
  const exact = Math.floor(side / 2);
  if (distance < exact) return first + distance;
  const { fround, log } = Math;
  const ratio = fround(fround(log(fround(distance / exact))) / fround(log(maxDistance / exact)));
  return first + Math.min(side - 1, exact + Math.trunc(fround(ratio * (side - exact))));
}

/** Buckets of every (query, key), row after row of [queries, keys]; the last query stands where the last key does. */
export function relativePositionBuckets(queries: number, keys: number, settings: RelativePositionSettings): Int32Array {
  const first = keys - queries;
  return Int32Array.from({ length: queries * keys }, (_, index) =>
    relativePositionBucket((index % keys) - Math.floor(index / keys) - first, settings),
  );
}
