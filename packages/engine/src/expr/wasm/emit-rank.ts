import { laneOf } from "./emit-loop.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import { FunctionBuilder, type Local } from "./function-builder.ts";
import type { RankScratch } from "./layout.ts";

/** A local, a constant, or instructions that leave one i32 */
type Value = Local | number | readonly number[];

const opcodes = {
  less: 0x48,
  below: 0x49,
  above: 0x4b,
  add: 0x6a,
  sub: 0x6b,
  and: 0x71,
  shl: 0x74,
  shrU: 0x76,
  rotl: 0x77,
} as const;

const keyBits = 32;
const mostDigitBits = 11;
/** Two pairs of digits cover a key: one from bit 0, one up to the last. */
const secondPair = keyBits - 2 * mostDigitBits;

/** Two digits, the lower first, and two ends of a row, which count for themselves: a bin has four counters. */
type Digit = 0 | 1;
type End = 0 | 1;
const digits: readonly Digit[] = [0, 1];
const binBytes = 16;
const counterOf = (counters: number, digit: Digit, end: End): number => counters + 8 * end + 4 * digit;
export const counterBytes = binBytes << mostDigitBits;

/**
 * ranks(begin, end) → 0; puts in place of each value of an intermediate tile its place in ascending order among those from begin to
 * end, from 0; equal ones by position, −0 as +0. The rest of the last group, which must hold copies of the last, gets its place.
 *
 * A radix sort by two digits brings the leading bits of all keys into order. What the bits below turn round is put right by
 * insertion: little, in rows of any usual distribution. Where it is much, all bits are sorted by digits. Equal values, however many,
 * cost nothing more.
 */
export const emitRank = (name: string, values: number, scratch: RankScratch): WasmFunction =>
  new RankEmitter(new FunctionBuilder(name, 2), values, scratch).emit();

class RankEmitter {
  readonly #f: FunctionBuilder;
  readonly #values: number;
  readonly #scratch: RankScratch;
  /** Offset of the row in its tile, and its size. Offsets, sizes and places are in bytes, four to the element */
  readonly #row: Local;
  readonly #size: Local;
  readonly #digitBits: Local;
  /** Lowest bit of the lower digit that is sorted by */
  readonly #lowest: Local;
  /** How far a key is turned left so that a digit is the number of a bin's counters, under a mask */
  readonly #turns: readonly [Local, Local];
  readonly #mask: Local;
  readonly #at: Local;
  readonly #element: Local;
  readonly #key: Local;
  readonly #bin: Local;
  readonly #place: Local;

  constructor(f: FunctionBuilder, values: number, scratch: RankScratch) {
    this.#f = f;
    this.#values = values;
    this.#scratch = scratch;
    const local = (): Local => f.local("i32");
    [this.#row, this.#size, this.#digitBits, this.#lowest] = [local(), local(), local(), local()];
    [this.#turns, this.#mask] = [[local(), local()], local()];
    [this.#at, this.#element, this.#key, this.#bin, this.#place] = [local(), local(), local(), local(), local()];
  }

  emit(): WasmFunction {
    const f = this.#f;
    const moves = f.local("i32");
    this.#set(this.#row, this.#op("shl", f.parameter(0), 2));
    this.#set(this.#size, this.#op("sub", this.#op("shl", f.parameter(1), 2), this.#row));
    this.#makeKeys();
    // Both digits together have 256 values for each element: about one in 20 is then left to settle.
    const bits = this.#op("shrU", this.#op("add", this.#bitsOf(this.#op("shrU", this.#size, 2)), 7), 1);
    this.#set(this.#digitBits, this.#pick("below", bits, mostDigitBits));
    this.#set(this.#lowest, this.#op("sub", keyBits, this.#op("shl", this.#digitBits, 1)));
    f.loop(
      () => {
        this.#each(this.#size, 4, () => this.#store(this.#scratch.order, this.#at, this.#at));
        f.loop(
          () => {
            this.#sortByTwoDigits();
            this.#set(this.#lowest, this.#op("add", this.#lowest, secondPair));
          },
          () => this.#op("below", this.#lowest, 2 * secondPair),
        );
        // Four moves for each element cost as much as sorting by more digits.
        this.#set(moves, this.#size);
        this.#settle(moves);
        // All bits then: nothing is left to settle, so there is no third time.
        this.#set(this.#lowest, 0);
        this.#set(this.#digitBits, mostDigitBits);
      },
      () => this.#op("less", moves, 0),
    );
    this.#fillGroup();
    return f.build(f.i32(0));
  }

  /** Keys that sort as the values do: unsigned, the least 0, the first bit that differs the highest. */
  #makeKeys(): void {
    const f = this.#f;
    const { keys } = this.#scratch;
    const [low, notHigh, from] = [f.local("v128"), f.local("v128"), f.local("i32")];
    for (const lanes of [low, notHigh]) f.set(lanes, f.get(f.splat(0x7fffffff)));
    this.#each(this.#size, 16, () => {
      this.#set(from, this.#op("add", this.#row, this.#at));
      const stored = f.load(this.#values, from);
      const turned = f.op("xor", stored, f.op("and", f.shifted("shrS", stored, 31), f.splat(0x7fffffff)));
      // Only −0 has become −1.
      const signed = f.op("i32x4Sub", turned, f.op("i32x4Eq", turned, f.splat(-1)));
      f.store(keys, this.#at, signed);
      f.set(low, f.get(f.op("i32x4MinS", low, signed)));
      f.set(notHigh, f.get(f.op("i32x4MinS", notHigh, f.op("xor", signed, f.splat(-1)))));
    });
    const [least, notHighest, unused] = [this.#leastOf(low), this.#leastOf(notHigh), f.local("i32")];
    // −1 − ~highest is the highest.
    const reach = this.#op("sub", this.#op("sub", -1, notHighest), least);
    this.#set(unused, this.#op("sub", keyBits, this.#bitsOf(reach)));
    const leastLanes = f.splatOf(least);
    this.#each(this.#size, 16, () => {
      const above = f.local("v128");
      f.set(above, f.get(f.op("i32x4Sub", f.load(keys, this.#at), leastLanes)));
      f.set(above, [...f.get(above), ...f.get(unused), 0xfd, ...unsigned(0xab)]);
      f.store(keys, this.#at, above);
    });
  }

  /** The least lane as an i32. */
  #leastOf(lanes: Local): Local {
    const [least, lane] = [this.#f.local("i32"), this.#f.local("i32")];
    this.#set(least, laneOf(this.#f, lanes, 0));
    for (let i = 1; i < 4; i += 1) {
      this.#set(lane, laneOf(this.#f, lanes, i));
      this.#set(least, this.#pick("less", least, lane));
    }
    return least;
  }

  /** Brings the order into that of two digits of the keys; what they do not tell apart stays in order. */
  #sortByTwoDigits(): void {
    const { counters, keys, order, other } = this.#scratch;
    const f = this.#f;
    const size = f.local("i32");
    this.#set(size, this.#op("shl", binBytes, this.#digitBits));
    this.#set(this.#mask, this.#op("sub", size, binBytes));
    this.#set(this.#turns[0], this.#op("sub", Math.log2(binBytes), this.#lowest));
    this.#set(this.#turns[1], this.#op("sub", this.#turns[0], this.#digitBits));
    f.push([...f.i32(counters), ...f.i32(0), ...f.get(size), 0xfc, 0x0b, 0]);
    this.#fromBothEnds((at, end) => {
      this.#set(this.#key, this.#load(keys, at));
      for (const digit of digits) {
        this.#findBin(digit);
        this.#addTo(counterOf(counters, digit, end), 4);
      }
    });
    this.#sumCounters(size);
    for (const digit of digits) {
      const [from, to] = digit === 0 ? [order, other] : [other, order];
      this.#fromBothEnds((at, end) => {
        this.#set(this.#element, this.#load(from, at));
        this.#set(this.#key, this.#load(keys, this.#element));
        this.#findBin(digit);
        this.#addTo(counterOf(counters, digit, end), end === 0 ? 4 : -4);
        // From the first end the place is where the counter was, from the last where it is now.
        this.#store(end === 0 ? to - 4 : to, this.#place, this.#element);
      });
    }
  }

  /**
   * Handles all places, from both ends towards the middle at once: with counters of their own, so that neither waits for what the
   * other has just stored.
   */
  #fromBothEnds(body: (at: Local, end: End) => void): void {
    const f = this.#f;
    const [back, half] = [f.local("i32"), f.local("i32")];
    this.#set(this.#at, 0);
    this.#set(back, this.#size);
    this.#set(half, this.#op("shl", this.#op("shrU", this.#size, 3), 2));
    const step = (): void => {
      body(this.#at, 0);
      this.#set(back, this.#op("sub", back, 4));
      body(back, 1);
      this.#set(this.#at, this.#op("add", this.#at, 4));
    };
    f.when(f.get(half), () => f.loop(step, () => this.#op("below", this.#at, half)));
    f.when(this.#op("and", this.#size, 4), () => body(this.#at, 0));
  }

  /** Turns the counts of both ends into where a bin begins and ends; for both digits at once, as the halves of an i64. */
  #sumCounters(size: Local): void {
    const f = this.#f;
    const [sum, count] = [f.local("i64"), f.local("i64")];
    const [first, last] = ([0, 1] as const).map((end) => unsigned(counterOf(this.#scratch.counters, 0, end)));
    const load = (address: readonly number[] = []): number[] => [...f.get(this.#at), 0x29, 3, ...address];
    const store = (address: readonly number[] = []): void => f.push([...f.get(this.#at), ...f.get(sum), 0x37, 3, ...address]);
    f.set(sum, [0x42, 0]);
    this.#each(size, binBytes, () => {
      f.set(count, [...load(first), ...load(last), 0x7c]);
      store(first);
      f.set(sum, [...f.get(sum), ...f.get(count), 0x7c]);
      store(last);
    });
  }

  /** Writes ranks by the order, and moves elements whose keys are less than one before. Ends early when `moves` falls below 0. */
  #settle(moves: Local): void {
    const f = this.#f;
    const { keys, order } = this.#scratch;
    const [highest, before] = [f.local("i32"), f.local("i32")];
    this.#set(highest, 0);
    this.#set(this.#at, 0);
    const move = (): void => {
      this.#set(before, this.#load(order - 4, this.#place));
      this.#store(order, this.#place, before);
      this.#rank(before, this.#place);
      this.#set(this.#place, this.#op("sub", this.#place, 4));
      this.#set(moves, this.#op("sub", moves, 1));
    };
    const step = (): void => {
      this.#set(this.#element, this.#load(order, this.#at));
      this.#set(this.#key, this.#load(keys, this.#element));
      this.#set(this.#place, this.#at);
      f.when(this.#op("below", this.#key, highest), () => {
        f.loop(move, () => this.#follows());
        this.#store(order, this.#place, this.#element);
      });
      this.#set(highest, this.#pick("above", highest, this.#key));
      this.#rank(this.#element, this.#place);
      this.#set(this.#at, this.#op("add", this.#at, 4));
    };
    f.loop(step, () => this.#op("and", this.#op("below", this.#at, this.#size), this.#op("less", -1, moves)));
  }

  /** Whether there is an element before the place, and its key is greater. */
  #follows(): number[] {
    const f = this.#f;
    const previous = this.#load(this.#scratch.order - 4, this.#place);
    const isGreater = this.#op("above", this.#load(this.#scratch.keys, previous), this.#key);
    return [...f.get(this.#place), 0x04, 0x7f, ...isGreater, 0x05, ...f.i32(0), 0x0b];
  }

  /** Adds to a counter of the bin; the place is what it held when that was added, what it holds when it was taken away. */
  #addTo(counter: number, bytes: number): void {
    this.#set(this.#place, this.#op("add", this.#load(counter, this.#bin), bytes));
    this.#store(counter, this.#bin, this.#place);
  }

  #rank(element: Local, place: Local): void {
    const f = this.#f;
    const rank = [...this.#op("shrU", place, 2), 0xb2];
    f.push([...this.#op("add", this.#row, element), ...rank, 0x38, 2, ...unsigned(this.#values)]);
  }

  /** Copies the last rank into the rest of its group. */
  #fillGroup(): void {
    const last = this.#load(this.#values - 4, this.#op("add", this.#row, this.#size));
    this.#set(this.#key, last);
    this.#set(this.#at, this.#size);
    // A multiple of 32 bytes ends a group.
    this.#f.push([0x02, 0x40]);
    this.#f.loop(
      () => {
        this.#f.push([...this.#op("and", this.#at, 31), 0x45, 0x0d, 1]);
        this.#store(this.#values, this.#op("add", this.#row, this.#at), this.#key);
        this.#set(this.#at, this.#op("add", this.#at, 4));
      },
      () => [...this.#f.i32(1)],
    );
    this.#f.push([0x0b]);
  }

  /** Sets the bin to the offset of the counters of an element's digit. */
  #findBin(digit: Digit): void {
    this.#set(this.#bin, this.#op("and", this.#op("rotl", this.#key, this.#turns[digit]), this.#mask));
  }

  #each(end: Local, step: number, body: () => void): void {
    this.#set(this.#at, 0);
    this.#f.loop(
      () => {
        body();
        this.#set(this.#at, this.#op("add", this.#at, step));
      },
      () => this.#op("below", this.#at, end),
    );
  }

  #code(value: Value): readonly number[] {
    if (typeof value === "number") return this.#f.i32(value);
    return "index" in value ? this.#f.get(value) : value;
  }

  #op(op: keyof typeof opcodes, a: Value, b: Value): number[] {
    return [...this.#code(a), ...this.#code(b), opcodes[op]];
  }

  /** The one of two values that compares so with the other. */
  #pick(op: "less" | "below" | "above", a: Value, b: Value): number[] {
    return [...this.#code(a), ...this.#code(b), ...this.#op(op, a, b), 0x1b];
  }

  #bitsOf(value: Value): number[] {
    return this.#op("sub", 32, [...this.#code(value), 0x67]);
  }

  #load(address: number, offset: Value): number[] {
    return [...this.#code(offset), 0x28, 2, ...unsigned(address)];
  }

  #store(address: number, offset: Value, value: Value): void {
    this.#f.push([...this.#code(offset), ...this.#code(value), 0x36, 2, ...unsigned(address)]);
  }

  #set(target: Local, value: Value): void {
    this.#f.set(target, this.#code(value));
  }
}
