import { expect, test } from "vitest";
import { relativePositionBucket } from "./relative-positions.ts";

/** The smallest distance of every bucket, as T5 of Hugging Face transformers 5.24 gives them. */
const cases = [
  { isBidirectional: true, buckets: 32, maxDistance: 128, starts: [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91] },
  {
    isBidirectional: false,
    buckets: 32,
    maxDistance: 128,
    starts: [
      ...Array.from({ length: 17 }, (_, distance) => distance),
      ...[19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113],
    ],
  },
  { isBidirectional: true, buckets: 8, maxDistance: 12, starts: [0, 1, 2, 5] },
  { isBidirectional: false, buckets: 10, maxDistance: 1000, starts: [0, 1, 2, 3, 4, 5, 15, 42, 121, 347] },
];

test.each(cases)("$buckets buckets up to $maxDistance, both ways: $isBidirectional", ({ starts, ...settings }) => {
  for (let distance = 0; distance < 1500; distance++) {
    const bucket = starts.findLastIndex((start) => start <= distance);
    expect(relativePositionBucket(-distance, settings), `${distance} before`).toBe(bucket);
    if (distance === 0) continue;
    const after = settings.isBidirectional ? settings.buckets / 2 + bucket : 0;
    expect(relativePositionBucket(distance, settings), `${distance} after`).toBe(after);
  }
});
