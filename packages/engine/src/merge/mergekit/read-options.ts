import { type Fields, isFields } from "../record.ts";
import type { FidelityReport } from "./fidelity.ts";
import { refuseUnknownKeys } from "./read-document.ts";

const dtypes: Readonly<Record<string, string>> = { float32: "F32", float16: "F16", bfloat16: "BF16" };

/** Storage type of the result. mergekit's dtype is also what it computes in. */
export function readDtype(config: Fields, report: FidelityReport): string | null {
  const read = (key: string): string | null => {
    const value = config[key] ?? undefined;
    if (value === undefined) return null;
    const name = typeof value === "string" ? dtypes[value.replace(/^torch\./, "")] : undefined;
    if (name !== undefined) return name;
    report.refuse(
      [key],
      `${key} ${JSON.stringify(value).slice(0, 100)} is not supported; there are float32, float16 and bfloat16.`,
    );
    return null;
  };
  const [compute, output] = [read("dtype"), read("out_dtype")];
  if (output !== null) report.same(["out_dtype"], "becomes dtype.");
  const stored = output === null ? " and rounds once to this type" : "";
  if (compute === "F32") report.same(["dtype"], "the merge computes in F32.");
  else if (compute !== null)
    report.approximated(["dtype"], `the merge computes in F32${stored}; mergekit computes in its dtype.`);
  return output ?? compute;
}

/** A text that is kept as it is. */
export function readText(value: unknown, key: string, report: FidelityReport): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" && value !== "") {
    report.same([key], "becomes chatTemplate.");
    return value;
  }
  report.refuse([key], `${key} must be auto, the name of a template or a template.`);
  return null;
}

/** What our exports add, and mergekit passes over. */
export function readOwnBlock(value: unknown, report: FidelityReport): Fields {
  if (value === undefined || value === null) return {};
  if (!isFields(value)) {
    report.refuse(["x-amalgam"], "x-amalgam must be a mapping with seed and exclude.");
    return {};
  }
  refuseUnknownKeys(value, ["seed", "exclude"], ["x-amalgam"], report);
  report.same(["x-amalgam"], "is what Amalgam has added.");
  return value;
}
