import { type Fault, fault } from "../fault.ts";

export type Verdict = "same" | "approximated" | "refused";

/** What became of one field of a foreign recipe. */
export interface FidelityRow {
  /** As in models[].parameters.weight: positions in lists are left out */
  readonly field: string;
  readonly verdict: Verdict;
  readonly why: string;
}

export type Path = readonly (string | number)[];

const severity: Readonly<Record<Verdict, number>> = { same: 0, approximated: 1, refused: 2 };

const fieldOf = (path: Path): string =>
  path.reduce<string>((text, part) => (typeof part === "number" ? `${text}[]` : text === "" ? part : `${text}.${part}`), "");

/** Collects verdicts while a recipe is read, so that everything at fault is told at once. */
export class FidelityReport {
  readonly faults: Fault[] = [];
  readonly #rows = new Map<string, FidelityRow>();

  /** One row for each field, the worst verdict of its places. */
  get rows(): readonly FidelityRow[] {
    return [...this.#rows.values()];
  }

  /** What a user should know although the recipe is accepted. */
  get notes(): readonly string[] {
    return this.rows.flatMap(({ field, verdict, why }) => (verdict === "approximated" ? [`${field}: ${why}`] : []));
  }

  same(path: Path, why: string): void {
    this.#add({ field: fieldOf(path), verdict: "same", why });
  }

  approximated(path: Path, why: string): void {
    this.#add({ field: fieldOf(path), verdict: "approximated", why });
  }

  refuse(path: Path, message: string): void {
    this.refuseAll([fault("MERGEKIT_UNSUPPORTED", message, path)]);
  }

  refuseAll(faults: readonly Fault[]): void {
    for (const each of faults) {
      // The same place may be read for several models.
      const isTold = this.faults.some(({ message, path }) => message === each.message && path.join() === each.path.join());
      if (!isTold) this.faults.push(each);
      const path = each.path.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      this.#add({ field: fieldOf(path), verdict: "refused", why: each.message });
    }
  }

  #add(row: FidelityRow): void {
    const known = this.#rows.get(row.field);
    if (known === undefined || severity[known.verdict] < severity[row.verdict]) this.#rows.set(row.field, row);
  }
}
