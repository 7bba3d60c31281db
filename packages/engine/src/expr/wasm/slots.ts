import type { Numeric, Selection, TensorSelection } from "../expr.ts";
import { keyOf } from "../numeric.ts";

/** A 32-bit value that a kernel reads from memory once a call; set for each tensor, row or tile. */
export type Slot =
  | { readonly kind: "number"; readonly number: Numeric }
  /** Border of a selection: its threshold, and up to where values equal to it are kept */
  | { readonly kind: "threshold" | "cut"; readonly selection: Selection }
  /** The smallest value that is kept in the tile, when all or none of those equal to the threshold are */
  | { readonly kind: "least"; readonly selection: Selection }
  /** Keys among which a selection collects: the lowest, how far they reach, and two that it only counts */
  | { readonly kind: "low" | "width" | "hot0" | "hot1"; readonly selection: TensorSelection }
  | { readonly kind: "key"; readonly stream: number; readonly part: 0 | 1 }
  /** Position in the tensor of the element at address 0 of a tile */
  | { readonly kind: "position" };

function textOf(slot: Slot): string {
  switch (slot.kind) {
    case "number":
      return `number ${keyOf(slot.number)}`;
    case "key":
      return `key ${slot.stream} ${slot.part}`;
    case "position":
      return "position";
    default:
      return `${slot.kind} ${keyOf(slot.selection)}`;
  }
}

/** Numbers slots in the order in which emitters ask for them, equal ones once. */
export class SlotTable {
  readonly list: Slot[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(slot: Slot): number {
    const text = textOf(slot);
    let index = this.#indexes.get(text);
    if (index === undefined) {
      index = this.list.push(slot) - 1;
      this.#indexes.set(text, index);
    }
    return index;
  }
}
