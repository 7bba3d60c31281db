import { laneOf } from "./emit-loop.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import { FunctionBuilder, type Local } from "./function-builder.ts";
import type { RankScratch } from "./layout.ts";

/** A local, a constant, or instructions that leave one i32 */
type Value = Local | number | readonly number[];
type Digit = 0 | 1;

const opcodes = {
  less: 0x48,
  greater: 0x4a,
  below: 0x49,
  add: 0x6a,
  sub: 0x6b,
  and: 0x71,
  shl: 0x74,
  shrU: 0x76,
} as const;

const mostDigitBits = 11;

/** Bytes of the counters of two digits */
export const counterBytes = 8 << mostDigitBits;

/**
 * ranks(begin, end) → 0; puts in place of each value of an intermediate tile its place in ascending order among those from begin to
 * end, from 0; equal ones by position, −0 as +0. The rest of the last group, which must hold copies of the last, gets its place.
 *
 * A radix sort by two digits, each with about as many bins as the row has elements, brings the leading bits of all keys into order.
 * What the bits below turn round is put right by insertion: little, in rows of any usual distribution. Where it is much, all bits
 * are sorted by digits. Equal values, however many, cost nothing more.
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
  readonly #leastKey: Local;
  /** Bits in which keys differ from the least */
  readonly #keyBits: Local;
  readonly #digitBits: Local;
  /** Lowest bit of the digits that are sorted by */
  readonly #shift: Local;
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
    [this.#row, this.#size, this.#leastKey, this.#keyBits] = [local(), local(), local(), local()];
    [this.#digitBits, this.#shift, this.#at, this.#element] = [local(), local(), local(), local()];
    [this.#key, this.#bin, this.#place] = [local(), local(), local()];
  }

  emit(): WasmFunction {
    const f = this.#f;
    const moves = f.local("i32");
    this.#set(this.#row, this.#op("shl", f.parameter(0), 2));
    this.#set(this.#size, this.#op("sub", this.#op("shl", f.parameter(1), 2), this.#row));
    this.#makeKeys();
    const bits = this.#pick("less", this.#bitsOf(this.#op("shrU", this.#size, 2)), mostDigitBits);
    this.#set(this.#digitBits, this.#pick("greater", bits, 4));
    this.#set(this.#shift, this.#pick("greater", this.#op("sub", this.#keyBits, this.#op("shl", this.#digitBits, 1)), 0));
    f.loop(
      () => {
        this.#each(this.#size, 4, () => this.#store(this.#scratch.order, this.#at, this.#at));
        f.loop(
          () => {
            this.#sortByTwoDigits();
            this.#set(this.#shift, this.#op("add", this.#shift, this.#op("shl", this.#digitBits, 1)));
          },
          () => this.#op("less", this.#shift, this.#keyBits),
        );
        // Four moves for each element cost as much as sorting by more digits.
        this.#set(moves, this.#size);
        this.#settle(moves);
        // All bits then: nothing is left to settle, so there is no third time.
        this.#set(this.#shift, 0);
        this.#set(this.#digitBits, mostDigitBits);
      },
      () => this.#op("less", moves, 0),
    );
    this.#fillGroup();
    return f.build(f.i32(0));
  }

  /** Keys, which sort as i32 as the values do; the least of them, and how far they reach. */
  #makeKeys(): void {
    const f = this.#f;
    const [low, notHigh, from] = [f.local("v128"), f.local("v128"), f.local("i32")];
    for (const lanes of [low, notHigh]) f.set(lanes, f.get(f.splat(0x7fffffff)));
    this.#each(this.#size, 16, () => {
      this.#set(from, this.#op("add", this.#row, this.#at));
      const stored = f.load(this.#values, from);
      const turned = f.op("xor", stored, f.op("and", f.shifted("shrS", stored, 31), f.splat(0x7fffffff)));
      // Only −0 has become −1.
      const keys = f.op("i32x4Sub", turned, f.op("i32x4Eq", turned, f.splat(-1)));
      f.store(this.#scratch.keys, this.#at, keys);
      f.set(low, f.get(f.op("i32x4MinS", low, keys)));
      f.set(notHigh, f.get(f.op("i32x4MinS", notHigh, f.op("xor", keys, f.splat(-1)))));
    });
    const leastOf = (target: Local, lanes: Local): void => {
      this.#set(target, laneOf(f, lanes, 0));
      for (let lane = 1; lane < 4; lane += 1) this.#set(target, this.#pick("less", target, laneOf(f, lanes, lane)));
    };
    leastOf(this.#leastKey, low);
    leastOf(this.#key, notHigh);
    // −1 − ~highest is the highest.
    this.#set(this.#keyBits, this.#bitsOf(this.#op("sub", this.#op("sub", -1, this.#key), this.#leastKey)));
  }

  /** Brings the order into that of two digits of the keys; what they do not tell apart stays in order. */
  #sortByTwoDigits(): void {
    const { counters, order, other } = this.#scratch;
    const f = this.#f;
    const countersSize = f.local("i32");
    this.#set(countersSize, this.#op("shl", 8, this.#digitBits));
    f.push([...f.i32(counters), ...f.i32(0), ...f.get(countersSize), 0xfc, 0x0b, 0]);
    this.#each(this.#size, 4, () => {
      this.#findKey(this.#at);
      for (const digit of [0, 1] as const) {
        this.#findBin(digit);
        this.#store(counters + 4 * digit, this.#bin, this.#op("add", this.#load(counters + 4 * digit, this.#bin), 4));
      }
    });
    this.#sumCounters(countersSize);
    for (const digit of [0, 1] as const) {
      this.#each(this.#size, 4, () => {
        this.#set(this.#element, this.#load(digit === 0 ? order : other, this.#at));
        this.#findKey(this.#element);
        this.#findBin(digit);
        this.#set(this.#place, this.#load(counters + 4 * digit, this.#bin));
        this.#store(counters + 4 * digit, this.#bin, this.#op("add", this.#place, 4));
        this.#store(digit === 0 ? other : order, this.#place, this.#element);
      });
    }
  }

  /** Turns counts into the places where bins begin; those of both digits at once, as the halves of an i64. */
  #sumCounters(size: Local): void {
    const f = this.#f;
    const [sum, count] = [f.local("i64"), f.local("i64")];
    const at = [...f.get(this.#at)];
    const address = unsigned(this.#scratch.counters);
    f.set(sum, [0x42, 0]);
    this.#each(size, 8, () => {
      f.set(count, [...at, 0x29, 3, ...address]);
      f.push([...at, ...f.get(sum), 0x37, 3, ...address]);
      f.set(sum, [...f.get(sum), ...f.get(count), 0x7c]);
    });
  }

  /** Writes ranks by the order, and moves elements whose keys are less than one before. Ends early when `moves` falls below 0. */
  #settle(moves: Local): void {
    const f = this.#f;
    const { order } = this.#scratch;
    const [highest, before] = [f.local("i32"), f.local("i32")];
    this.#set(highest, this.#leastKey);
    this.#set(this.#at, 0);
    f.loop(
      () => {
        this.#set(this.#element, this.#load(order, this.#at));
        this.#set(this.#key, this.#load(this.#scratch.keys, this.#element));
        this.#set(this.#place, this.#at);
        f.when(this.#op("less", this.#key, highest), () => {
          f.loop(
            () => {
              this.#set(before, this.#load(order - 4, this.#place));
              this.#store(order, this.#place, before);
              this.#rank(before, this.#place);
              this.#set(this.#place, this.#op("sub", this.#place, 4));
              this.#set(moves, this.#op("sub", moves, 1));
            },
            () => this.#follows(),
          );
          this.#store(order, this.#place, this.#element);
        });
        this.#set(highest, this.#pick("greater", highest, this.#key));
        this.#rank(this.#element, this.#place);
        this.#set(this.#at, this.#op("add", this.#at, 4));
      },
      () => this.#op("and", this.#op("below", this.#at, this.#size), this.#op("greater", moves, -1)),
    );
  }

  /** Whether there is an element before the place, and its key is greater. */
  #follows(): number[] {
    const f = this.#f;
    const previous = this.#load(this.#scratch.order - 4, this.#place);
    const isGreater = this.#op("greater", this.#load(this.#scratch.keys, previous), this.#key);
    return [...f.get(this.#place), 0x04, 0x7f, ...isGreater, 0x05, ...f.i32(0), 0x0b];
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

  /** Sets the key to how far that of an element is above the least, without the bits below the digits. */
  #findKey(element: Local): void {
    this.#set(this.#key, this.#op("shrU", this.#op("sub", this.#load(this.#scratch.keys, element), this.#leastKey), this.#shift));
  }

  /** Sets the bin to the offset of the key's counter. */
  #findBin(digit: Digit): void {
    const bits = digit === 0 ? this.#f.get(this.#key) : this.#op("shrU", this.#key, this.#digitBits);
    this.#set(this.#bin, this.#op("and", this.#op("shl", bits, 3), this.#op("sub", this.#op("shl", 8, this.#digitBits), 8)));
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

  /** The one of two values that is less or greater. */
  #pick(op: "less" | "greater", a: Value, b: Value): number[] {
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
