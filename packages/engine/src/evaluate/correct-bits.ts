/** Which examples of a split were answered correctly: example i is bit i mod 8 (the lowest first) of byte i div 8. */
export interface CorrectBits {
  readonly bits: Uint8Array;
  readonly n: number;
}

/** Room for n examples, none of them correct. */
export const emptyBits = (n: number): Uint8Array => new Uint8Array(Math.ceil(n / 8));

export function markCorrect(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
}

export function isCorrect(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

export function countCorrect({ bits, n }: CorrectBits): number {
  let count = 0;
  for (let index = 0; index < n; index++) if (isCorrect(bits, index)) count += 1;
  return count;
}
