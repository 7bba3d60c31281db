import type { Setting } from "../../lib/setting.ts";
import type { Draft, MethodShape } from "./draft.ts";
import { type Field, fieldsOf, valuesOf } from "./fields.ts";
import type { Method } from "./method-picker.tsx";

type Weight = Extract<Field, { type: "number" }>;

/** What the form of a method consists of. */
export interface Form extends MethodShape {
  /** The draft's parameters, else the method's defaults. */
  values: Readonly<Record<string, Setting>>;
  /** The mixer's slider; null when parents have no weight. */
  weight: Weight | null;
  /** What else a parent can say. */
  extras: readonly Field[];
}

export function shapeOf(method: Method): MethodShape {
  return { base: method.base, parameters: fieldsOf(method.parametersSchema), own: fieldsOf(method.parentParametersSchema) };
}

export function formOf(shape: MethodShape, draft: Draft): Form {
  const weight = shape.own.find((field): field is Weight => field.name === "weight" && field.type === "number") ?? null;
  return {
    ...shape,
    values: valuesOf(shape.parameters, draft.parameters),
    weight,
    extras: shape.own.filter((field) => field !== weight),
  };
}
