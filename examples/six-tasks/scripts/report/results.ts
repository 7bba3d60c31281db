import type { DataReport } from "../data/build-data.ts";

export interface Score {
  n: number;
  value: number;
  /** 95 % Wilson interval */
  low: number;
  high: number;
}

export interface ResultRow {
  name: string;
  note: string;
  scores: Readonly<Record<string, Score>>;
  mean: { value: number; low: number; high: number };
}

export interface Results {
  tasks: readonly string[];
  rows: readonly ResultRow[];
  taskVectors: { relativeNorms: Record<string, number>; cosines: Record<string, Record<string, number>> };
  data: DataReport;
}
