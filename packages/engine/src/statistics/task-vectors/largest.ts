/** Magnitudes are counted by the upper 16 bits of their f32 form: exponent and 8 bits of the mantissa, so that a bin is 0.4 % wide at most. */
const SHIFT = 15;
const BINS = 1 << 16;

/** Counts magnitudes, to find how large the largest of them are without keeping them. */
export class MagnitudeHistogram {
  readonly #bins = new Float64Array(BINS);

  add(values: Float32Array): void {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let p = 0; p < bits.length; p++) {
      const bin = ((bits[p] as number) & 0x7fffffff) >>> SHIFT;
      this.#bins[bin] = (this.#bins[bin] as number) + 1;
    }
  }

  /** Smallest magnitude of the bin that holds the `count`-th largest; Infinity for a count of 0. Zeros are never among the largest. */
  threshold(count: number): number {
    let left = count;
    if (left <= 0) return Number.POSITIVE_INFINITY;
    for (let bin = BINS - 1; bin > 0; bin--) {
      left -= this.#bins[bin] as number;
      if (left <= 0) return lowerEdge(bin);
    }
    return lowerEdge(1);
  }
}

function lowerEdge(bin: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bin << SHIFT);
  return view.getFloat32(0);
}
