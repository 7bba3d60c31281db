import { isFields } from "./record.ts";

/** One value of a recipe. */
export type Scalar = number | boolean | string;

/**
 * A value that may vary over the model:
 * - one scalar for all tensors;
 * - a list: numbers are interpolated over the layers (a gradient), other values are taken in steps;
 * - a list of cases: the first whose filter is absent, "*" or a part of the tensor's name decides.
 */
export type Setting = Scalar | readonly Scalar[] | readonly SettingCase[];

export interface SettingCase {
  /** Part of a tensor's name; absent or "*": every tensor */
  readonly filter?: string;
  readonly value: Scalar | readonly Scalar[];
}

/** Where a setting is asked for. */
export interface SettingPlace {
  /** Name in the result */
  readonly tensor: string;
  /** 0 at the first layer, 1 at the last */
  readonly position: number;
}

export type Settings = Readonly<Record<string, Setting>>;

export const isScalar = (value: unknown): value is Scalar =>
  typeof value === "number" || typeof value === "boolean" || typeof value === "string";

const isList = (value: Setting): value is readonly Scalar[] | readonly SettingCase[] => Array.isArray(value);
export const isCases = (value: Setting): value is readonly SettingCase[] => isList(value) && value.some(isFields);

/** Whether a setting may give different values at different tensors. */
export const isVarying = (setting: Setting): boolean => isList(setting);

export const isCatchAll = ({ filter }: SettingCase): boolean => filter === undefined || filter === "*";

/** The value at one tensor; undefined when no case matches, so that what stands behind the setting decides. */
export function settingAt(setting: Setting, place: SettingPlace): Scalar | undefined {
  if (!isList(setting)) return setting;
  if (!isCases(setting)) return along(setting as readonly Scalar[], place.position);
  const found = setting.find((item) => isCatchAll(item) || place.tensor.includes(item.filter ?? ""));
  if (found === undefined) return undefined;
  return isScalar(found.value) ? found.value : along(found.value, place.position);
}

/** A list over the layers: numbers between their neighbours, everything else in steps. */
function along(values: readonly Scalar[], position: number): Scalar | undefined {
  const at = Math.min(1, Math.max(0, position)) * (values.length - 1);
  const before = values[Math.floor(at)];
  const after = values[Math.ceil(at)];
  if (typeof before !== "number" || typeof after !== "number" || !values.every((value) => typeof value === "number"))
    return before;
  const between = before + (after - before) * (at - Math.floor(at));
  // Rounding must not leave the bounds that both neighbours keep.
  return Math.min(Math.max(before, after), Math.max(Math.min(before, after), between));
}

/** Every scalar that a setting is written with. */
export function scalarsOf(setting: Setting): readonly Scalar[] {
  if (!isList(setting)) return [setting];
  if (!isCases(setting)) return setting as readonly Scalar[];
  return setting.flatMap(({ value }) => (isScalar(value) ? [value] : value));
}

/** The same setting with other scalars. */
export function mapSetting(setting: Setting, change: (value: Scalar) => Scalar): Setting {
  if (!isList(setting)) return change(setting);
  if (!isCases(setting)) return (setting as readonly Scalar[]).map(change);
  return setting.map((item) => ({ ...item, value: isScalar(item.value) ? change(item.value) : item.value.map(change) }));
}

/** A setting behind which another one stands: it decides where no case of the first matches. */
export function withFallback(setting: Setting | undefined, fallback: Setting | undefined): Setting | undefined {
  if (setting === undefined || fallback === undefined) return setting ?? fallback;
  if (!isCases(setting) || setting.some(isCatchAll)) return setting;
  return [...setting, ...(isCases(fallback) ? fallback : [{ value: fallback as Scalar | readonly Scalar[] }])];
}
