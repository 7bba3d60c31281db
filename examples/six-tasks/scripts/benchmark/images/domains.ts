import { gaussian, hashText, seededRandom } from "../../random.ts";
import { type Digit, PIXELS, SIDE } from "./digits.ts";

/** How a digit is shown. */
export const domains = ["plain", "inverted", "rotated", "noisy"] as const;
export type Domain = (typeof domains)[number];

/** What is asked of it. Task i is trained on domain i; the other pairs are for generalisation. */
export interface DigitTask {
  readonly name: string;
  readonly labels: readonly string[];
  labelOf(digit: number): number;
}

export const digitTasks: readonly DigitTask[] = [
  { name: "digit", labels: [..."0123456789"], labelOf: (digit) => digit },
  { name: "parity", labels: ["even", "odd"], labelOf: (digit) => digit % 2 },
  { name: "five-or-more", labels: ["below five", "five or more"], labelOf: (digit) => (digit >= 5 ? 1 : 0) },
  { name: "modulo-three", labels: ["0", "1", "2"], labelOf: (digit) => digit % 3 },
];

const NOISE = 0.3;

/** The pixels of a digit in a domain: as it is, negative, turned by a quarter, or under Gaussian noise that is its own. */
export function shown({ index, pixels }: Digit, domain: Domain): Float32Array {
  switch (domain) {
    case "plain":
      return pixels;
    case "inverted":
      return pixels.map((value) => 1 - value);
    case "rotated":
      return quarterTurn(pixels);
    case "noisy": {
      const random = seededRandom(hashText(`noise/${index}`));
      return pixels.map((value) => value + NOISE * gaussian(random));
    }
  }
}

/** Turned clockwise by 90°. */
export function quarterTurn(pixels: Float32Array): Float32Array {
  const out = new Float32Array(PIXELS);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      out[column * SIDE + (SIDE - 1 - row)] = pixels[row * SIDE + column] as number;
    }
  }
  return out;
}
