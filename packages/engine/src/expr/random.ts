/**
 * Random numbers of a merge: a function of a key and a position, with no state, so that tiles, threads, shards and the order of
 * models cannot change them. The mixer is three rounds of xor-shift and multiplication on 32 bits, the second half of the key
 * entering between them. Positions count modulo 2^32: in a tensor with more elements the numbers repeat.
 */
export type RandomKey = readonly [first: number, second: number];

/** Rounds of the mixer: shift right, xor, multiply; the last multiplies by 1. */
export const mixerRounds = [
  { shift: 17, factor: 0xed5ad4bb },
  { shift: 11, factor: 0xac4c1b51 },
  { shift: 15, factor: 0x31848bab },
] as const;
export const lastShift = 14;

/** 24 random bits for a position, as an integer. */
export function randomBits([first, second]: RandomKey, position: number): number {
  let x = (position + first) | 0;
  for (const [round, { shift, factor }] of mixerRounds.entries()) {
    x = Math.imul(x ^ (x >>> shift), factor);
    if (round === 0) x ^= second;
  }
  return (x ^ (x >>> lastShift)) >>> 8;
}

/** Uniform in [0, 1): an f32 that is a multiple of 2^-24. */
export const randomUnit = (key: RandomKey, position: number): number => randomBits(key, position) * 2 ** -24;
