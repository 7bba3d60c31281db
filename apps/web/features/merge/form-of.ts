import type { ChoiceFragment } from "../../gql/graphql.ts";
import type { Setting } from "../../lib/setting.ts";
import type { Draft, MethodShape } from "./draft.ts";
import { carriedOver, type Field, fieldsOf, valuesOf } from "./fields.ts";
import type { Method } from "./method-picker.tsx";
import { onlyBaseOf } from "./parent-count.ts";

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

/** What becomes of a draft with another method: settings that both know stay. */
export function changeOfMethod(
  draft: Draft,
  from: MethodShape,
  next: Method,
  choices: readonly ChoiceFragment[],
): Partial<Draft> {
  const to = shapeOf(next);
  return {
    method: next.name,
    base: draft.base ?? (next.base === "REQUIRED" ? onlyBaseOf(choices) : null),
    parameters: carriedOver(draft.parameters, from.parameters, to.parameters),
    parents: draft.parents.map((parent) => ({ ...parent, own: carriedOver(parent.own, from.own, to.own) })),
  };
}
