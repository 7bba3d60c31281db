/** A stream of uniform numbers in [0, 1) from a few whole numbers: the same key gives the same stream, wherever it is asked for. */
export interface Random {
  uniform(): number;
  /** Standard normal, by Box and Muller. */
  normal(): number;
}

/** sfc32 (Doty-Humphrey) started from the key, which is mixed in word by word. */
export function randomOf(...key: readonly number[]): Random {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
  const next = (): number => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  };
  for (const word of key) {
    a = (a ^ word) >>> 0;
    b = (b ^ Math.floor(word / 2 ** 32)) >>> 0;
    for (let i = 0; i < 12; i += 1) next();
  }
  const uniform = (): number => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
