import { type Fault, fault, RefusedError } from "./fault.ts";
import { type Fields, isFields } from "./record.ts";

const dtypes: Readonly<Record<string, string>> = { float32: "F32", float16: "F16", bfloat16: "BF16" };
/** Keys that change memory use or tokenizer handling but not the tensors of equal architectures. */
const ignoredKeys = ["tokenizer_source", "tokenizer", "chat_template", "name"];
const ignoredParameters = ["int8_mask", "density", "rescale"];

/** Collects faults while a configuration is read, so that all of them are reported at once. */
class Reader {
  readonly faults: Fault[] = [];
  readonly notes: string[] = [];

  refuse(message: string, path: readonly (string | number)[]): void {
    this.faults.push(fault("MERGEKIT_UNSUPPORTED", message, path));
  }

  /** A parameter that must be one value: lists vary it by layer or by tensor, which native recipes cannot say. */
  single(value: unknown, path: readonly (string | number)[]): unknown {
    if (!Array.isArray(value)) return value;
    const [only] = value;
    if (value.length === 1 && isFields(only) && (only["filter"] === undefined || only["filter"] === "*"))
      return this.single(only["value"], path);
    this.refuse(`${path.join(".")} varies by layer or tensor; only one value for the whole model is supported.`, path);
    return undefined;
  }

  unknownKeys(fields: Fields, known: readonly string[], path: readonly (string | number)[]): void {
    for (const key of Object.keys(fields)) {
      if (!known.includes(key)) this.refuse(`mergekit's key ${[...path, key].join(".")} is not supported here.`, [...path, key]);
    }
  }
}

interface Source {
  readonly model: string;
  readonly parameters: Fields;
}

/**
 * Translates a mergekit configuration (`models` form of linear, task_arithmetic and slerp) into a native recipe. What cannot be
 * kept exactly is a note; what would change the meaning is refused.
 * @throws RefusedError with one fault for each unsupported key
 */
export function translateMergekit(config: Fields): { recipe: Fields; notes: string[] } {
  const reader = new Reader();
  reader.unknownKeys(config, ["merge_method", "base_model", "models", "parameters", "dtype", "out_dtype", ...ignoredKeys], []);
  for (const key of ignoredKeys)
    if (key in config) reader.notes.push(`${key} is ignored: tokenizer files are copied from the base or the first parent.`);
  const sources = readModels(config["models"], reader);
  const parameters = isFields(config["parameters"]) ? config["parameters"] : {};
  const context = { sources, parameters, base: typeof config["base_model"] === "string" ? config["base_model"] : null, reader };
  const body = translateMethod(config["merge_method"], context);
  const dtype = readDtype(config, reader);
  if (reader.faults.length > 0) throw new RefusedError(reader.faults);
  return { recipe: { version: 1, ...body, ...(dtype === null ? {} : { dtype }) }, notes: reader.notes };
}

interface Context {
  readonly sources: readonly Source[];
  readonly parameters: Fields;
  readonly base: string | null;
  readonly reader: Reader;
}

function translateMethod(method: unknown, context: Context): Fields {
  if (method === "linear") return translateLinear(context);
  if (method === "task_arithmetic") return translateTaskArithmetic(context);
  if (method === "slerp") return translateSlerp(context);
  context.reader.refuse(
    `mergekit's method ${JSON.stringify(method)} is not supported; there are linear, task_arithmetic and slerp.`,
    ["merge_method"],
  );
  return {};
}

function readModels(models: unknown, reader: Reader): Source[] {
  if (!Array.isArray(models)) {
    reader.refuse("Only the models form is supported: list the models under models.", ["models"]);
    return [];
  }
  return models.flatMap((entry: unknown, i): Source[] => {
    const model = isFields(entry) ? entry["model"] : entry;
    if (typeof model !== "string") {
      reader.refuse(`models.${i}.model must be a string.`, ["models", i, "model"]);
      return [];
    }
    if (isFields(entry)) reader.unknownKeys(entry, ["model", "parameters"], ["models", i]);
    return [{ model, parameters: isFields(entry) && isFields(entry["parameters"]) ? entry["parameters"] : {} }];
  });
}

/** The weight of each source: its own, else the common one. mergekit has no default, so a missing one is a fault. */
function readParents(sources: readonly Source[], { parameters, reader }: Context): Fields[] {
  return sources.map(({ model, parameters: own }, i) => {
    const path = ["models", i, "parameters", "weight"];
    reader.unknownKeys(own, ["weight", ...ignoredParameters], ["models", i, "parameters"]);
    const weight = reader.single(own["weight"] ?? parameters["weight"], path);
    if (weight === undefined && !reader.faults.some(({ path: at }) => at.join() === path.join()))
      reader.refuse(`The model ${model} has no weight.`, path);
    return { model, weight };
  });
}

function translateLinear(context: Context): Fields {
  const { sources, parameters, base, reader } = context;
  reader.unknownKeys(parameters, ["weight", "normalize", ...ignoredParameters], ["parameters"]);
  if (base !== null) reader.refuse("linear takes no base_model.", ["base_model"]);
  const normalize = reader.single(parameters["normalize"] ?? true, ["parameters", "normalize"]);
  return { method: "linear", parents: readParents(sources, context), parameters: { normalize: asBoolean(normalize) } };
}

function translateTaskArithmetic(context: Context): Fields {
  const { sources, parameters, base, reader } = context;
  reader.unknownKeys(parameters, ["weight", "lambda", "normalize", ...ignoredParameters], ["parameters"]);
  if (base === null) reader.refuse("task_arithmetic needs base_model.", ["base_model"]);
  const parents = readParents(
    sources.filter(({ model }) => model !== base),
    context,
  );
  const lambda = reader.single(parameters["lambda"] ?? 1, ["parameters", "lambda"]);
  const normalize = asBoolean(reader.single(parameters["normalize"] ?? false, ["parameters", "normalize"]));
  if (normalize !== true) return { method: "task_arithmetic", base, parents, parameters: { lambda } };
  // Dividing the sum by Σw is dividing λ; mergekit takes 1 for a sum near zero.
  const sum = parents.reduce((acc, { weight }) => acc + Number(weight), 0);
  reader.notes.push("normalize is folded into lambda: λ / Σw, rounded once instead of twice.");
  return {
    method: "task_arithmetic",
    base,
    parents,
    parameters: { lambda: typeof lambda === "number" ? lambda / (Math.abs(sum) < 1e-8 ? 1 : sum) : lambda },
  };
}

function translateSlerp({ sources, parameters, base, reader }: Context): Fields {
  reader.unknownKeys(parameters, ["t", ...ignoredParameters], ["parameters"]);
  const others = sources.map(({ model }) => model).filter((model) => model !== base);
  if (base === null) reader.refuse("slerp needs base_model: the model that t 0 keeps.", ["base_model"]);
  if (others.length !== 1) reader.refuse(`slerp takes one model besides base_model, not ${others.length}.`, ["models"]);
  if (parameters["t"] === undefined) reader.refuse("slerp needs parameters.t.", ["parameters", "t"]);
  return {
    method: "slerp",
    parents: [base, ...others].map((model) => ({ model })),
    parameters: { t: reader.single(parameters["t"], ["parameters", "t"]) },
  };
}

/** mergekit writes booleans as true or 1. */
const asBoolean = (value: unknown): unknown => (value === 1 ? true : value === 0 ? false : value);

function readDtype(config: Fields, reader: Reader): string | null {
  for (const key of ["out_dtype", "dtype"]) {
    const value = config[key];
    if (value === undefined || value === null) continue;
    const name = typeof value === "string" ? dtypes[value.replace(/^torch\./, "")] : undefined;
    if (name === undefined) {
      reader.refuse(`${key} ${JSON.stringify(value)} is not supported; there are float32, float16 and bfloat16.`, [key]);
      return null;
    }
    if (name !== "F32")
      reader.notes.push(`The merge computes in F32 and rounds once to ${name}; mergekit computes in its dtype.`);
    return name;
  }
  return null;
}
