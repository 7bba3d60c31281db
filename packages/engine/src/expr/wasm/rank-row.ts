const digitBits = 11;
const digits = 1 << digitBits;

let keys = new Uint32Array(0);
let order = new Uint32Array(0);
let other = new Uint32Array(0);
const counts = new Uint32Array(3 * digits);

/**
 * Place of each value in ascending order, from 0; equal values by position. Radix sort by three digits of the value's key.
 * @param bits f32 bit patterns
 * @param ranks may be the same memory
 */
export function rankRow(bits: Int32Array, ranks: Float32Array): void {
  const n = bits.length;
  if (keys.length < n) [keys, order, other] = [new Uint32Array(n), new Uint32Array(n), new Uint32Array(n)];
  counts.fill(0);
  for (let i = 0; i < n; i += 1) {
    const stored = bits[i] ?? 0;
    // Unsigned and ascending; −0 counts as +0.
    const key = stored === -0x80000000 ? 0x80000000 : stored < 0 ? ~stored >>> 0 : (stored | 0x80000000) >>> 0;
    keys[i] = key;
    order[i] = i;
    for (let d = 0; d < 3; d += 1) {
      const digit = d * digits + ((key >>> (d * digitBits)) & (digits - 1));
      counts[digit] = (counts[digit] ?? 0) + 1;
    }
  }
  for (let d = 0; d < 3; d += 1) {
    let total = 0;
    for (let digit = d * digits; digit < (d + 1) * digits; digit += 1) {
      const count = counts[digit] ?? 0;
      counts[digit] = total;
      total += count;
    }
    for (let i = 0; i < n; i += 1) {
      const index = order[i] ?? 0;
      const digit = d * digits + (((keys[index] ?? 0) >>> (d * digitBits)) & (digits - 1));
      const place = counts[digit] ?? 0;
      counts[digit] = place + 1;
      other[place] = index;
    }
    [order, other] = [other, order];
  }
  for (let place = 0; place < n; place += 1) ranks[order[place] ?? 0] = place;
}
