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
