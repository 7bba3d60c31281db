import { nearestKey } from "../nearest-key.ts";
import { type Fields, isFields } from "../record.ts";
import type { FidelityReport, Path } from "./fidelity.ts";

/** Parameters of one level of a configuration. */
export interface Level {
  readonly fields: Fields;
  readonly path: Path;
}

export interface MergekitSource {
  readonly model: string;
  /** As written; undefined in the models form */
  readonly layers: unknown;
  readonly parameters: Level;
  readonly path: Path;
}

export interface MergekitSlice {
  readonly sources: readonly MergekitSource[];
  readonly parameters: Level;
  readonly path: Path;
}

/** A mergekit configuration with its single module unfolded. */
export interface MergekitDocument {
  readonly base: string | null;
  /** The models form is one slice without layers */
  readonly slices: readonly MergekitSlice[];
  readonly isSliced: boolean;
  /** Parameters of the module, then those of the whole */
  readonly common: readonly Level[];
}

const documentKeys = ["merge_method", "base_model", "models", "slices", "modules", "parameters", "dtype", "out_dtype"];
const otherKeys = ["tokenizer_source", "tokenizer", "chat_template", "name", "x-amalgam"];

/** Tells keys that have no meaning here, with the known key that is nearest. */
export function refuseUnknownKeys(fields: Fields, known: readonly string[], path: Path, report: FidelityReport): void {
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    const name = [...path, key].join(".");
    const meant = nearestKey(key, known);
    const advice = meant === null ? "remove it" : `write ${meant}`;
    report.refuse([...path, key], `mergekit's key ${name.slice(0, 300)} is not supported here; ${advice}.`);
  }
}

/** Reads the structure of a configuration; null when there is nothing to merge in it. */
export function readDocument(config: Fields, report: FidelityReport): MergekitDocument | null {
  const { trust_remote_code: trust, ...rest } = config;
  if (trust !== undefined) report.refuse(["trust_remote_code"], "Code of a model is never run here; remove trust_remote_code.");
  refuseUnknownKeys(rest, [...documentKeys, ...otherKeys], [], report);
  const top = levelOf(config["parameters"], ["parameters"], report);
  const body = unfoldModule(config, report);
  if (body === null) return null;
  const { fields, path } = body;
  const common = path.length === 0 ? [top] : [levelOf(fields["parameters"], [...path, "parameters"], report), top];
  const given = ["models", "slices"].filter((key) => fields[key] !== undefined && fields[key] !== null);
  const [form] = given;
  if (form === undefined || given.length > 1) {
    report.refuse([...path, "models"], "A configuration has either models or slices; list the models under models.");
    return null;
  }
  const at = [...path, form];
  const base = readBase(config["base_model"], ["base_model"], report);
  if (form === "models") {
    report.same(at, "becomes base and parents.");
    const sources = readSources(fields["models"], at, ["model", "parameters"], report);
    return { base, slices: [{ sources, parameters: { fields: {}, path: at }, path: at }], isSliced: false, common };
  }
  report.same(at, "becomes slices.");
  const read = readSlices(fields["slices"], at, report);
  return { base: commonBase(base, read, report), slices: read.map(({ slice }) => slice), isSliced: true, common };
}

/** One module is the whole model; several are parts with a recipe of their own each. */
function unfoldModule(config: Fields, report: FidelityReport): { readonly fields: Fields; readonly path: Path } | null {
  const modules = config["modules"] ?? undefined;
  if (modules === undefined) return { fields: config, path: [] };
  const [only, ...others] = isFields(modules) ? Object.entries(modules) : [];
  if (only === undefined || others.length > 0 || !isFields(only[1])) {
    const names = isFields(modules) ? Object.keys(modules).slice(0, 10).join(", ") : "no list";
    const why = `there is one module here, not ${names}; merge each as a model of its own, or use models with filters`;
    report.refuse(["modules"], `modules cannot be merged together: ${why}.`);
    return null;
  }
  const [name, fields] = only;
  for (const key of ["models", "slices"])
    if (config[key] !== undefined) report.refuse([key], `${key} cannot stand beside modules; keep one of them.`);
  refuseUnknownKeys(fields, ["models", "slices", "parameters"], ["modules", name], report);
  report.same(["modules"], "its one module is the whole model.");
  return { fields, path: ["modules", name] };
}

function levelOf(value: unknown, path: Path, report: FidelityReport): Level {
  if (value === undefined || value === null) return { fields: {}, path };
  if (isFields(value)) return { fields: value, path };
  report.refuse(path, `${path.join(".")} must be a mapping of names to values.`);
  return { fields: {}, path };
}

function readBase(value: unknown, path: Path, report: FidelityReport): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  report.refuse(path, `${path.join(".")} must name a model, as in path or path+adapter.`);
  return null;
}

function readSources(value: unknown, path: Path, keys: readonly string[], report: FidelityReport): MergekitSource[] {
  if (!Array.isArray(value)) {
    report.refuse(path, `${path.join(".")} must be a list.`);
    return [];
  }
  return value.flatMap((entry: unknown, i): MergekitSource[] => {
    const at = [...path, i];
    const fields = isFields(entry) ? entry : { model: entry };
    const model = fields["model"];
    if (typeof model !== "string" || model.trim() === "") {
      report.refuse([...at, "model"], `${[...at, "model"].join(".")} must be a string, as in path or path+adapter.`);
      return [];
    }
    refuseUnknownKeys(fields, keys, at, report);
    const parameters = levelOf(fields["parameters"], [...at, "parameters"], report);
    return [{ model: model.trim(), layers: fields["layer_range"], parameters, path: at }];
  });
}

function readSlices(value: unknown, path: Path, report: FidelityReport): { slice: MergekitSlice; base: string | null }[] {
  if (!Array.isArray(value) || value.length === 0) {
    report.refuse(path, `${path.join(".")} must be a list of slices with sources.`);
    return [];
  }
  return value.flatMap((entry: unknown, i) => {
    const at = [...path, i];
    if (!isFields(entry)) {
      report.refuse(at, `${at.join(".")} must be a mapping with sources.`);
      return [];
    }
    const { residual_weight: residual, ...rest } = entry;
    if (residual !== undefined && residual !== null)
      report.refuse(
        [...at, "residual_weight"],
        "residual_weight scales what layers add, which is not supported here; remove it.",
      );
    refuseUnknownKeys(rest, ["sources", "base_model", "parameters"], at, report);
    const sources = readSources(entry["sources"], [...at, "sources"], ["model", "layer_range", "parameters"], report);
    for (const { layers, path: where } of sources)
      if (!Array.isArray(layers)) report.refuse([...where, "layer_range"], `${where.join(".")} needs layer_range: [first, end].`);
    const parameters = levelOf(entry["parameters"], [...at, "parameters"], report);
    return [{ slice: { sources, parameters, path: at }, base: readBase(entry["base_model"], [...at, "base_model"], report) }];
  });
}

/** Slices may name a base of their own; a recipe has one. */
function commonBase(
  top: string | null,
  slices: readonly { readonly slice: MergekitSlice; readonly base: string | null }[],
  report: FidelityReport,
): string | null {
  const base = top ?? slices[0]?.base ?? null;
  for (const { slice, base: own } of slices) {
    if ((own ?? top) === base) continue;
    report.refuse([...slice.path, "base_model"], "Slices with different bases cannot be merged at once; make a recipe of each.");
  }
  return base;
}
