import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  validate,
} from "graphql";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import * as evaluationOperations from "./evaluation-operations.ts";
import * as judgementOperations from "./judgement-operations.ts";
import type { Operation } from "./operation.ts";
import * as operations from "./operations.ts";
import * as statisticsOperations from "./statistics-operations.ts";
import * as studyOperations from "./study-operations.ts";

const schema = buildSchema(readFileSync(new URL("../../../api/schema.graphql", import.meta.url), "utf8"));

const isOperation = (value: unknown): value is Operation<unknown, unknown> =>
  typeof value === "object" && value !== null && "document" in value && "result" in value;

const all = Object.entries({
  ...operations,
  ...evaluationOperations,
  ...judgementOperations,
  ...statisticsOperations,
  ...studyOperations,
}).flatMap(([name, value]) => (isOperation(value) ? [{ name, ...value }] : []));

const scalarKinds: Readonly<Record<string, string>> = { Int: "number", Float: "number", BigInt: "number", Boolean: "boolean" };

/** Walks a selection and the zod schema of its answer side by side; answers with every place where they disagree. */
function disagreements(
  type: GraphQLOutputType,
  selection: SelectionSetNode | undefined,
  expected: z.core.$ZodType,
  at: string,
): string[] {
  const nullable = expected instanceof z.ZodNullable;
  if (nullable === isNonNullType(type)) return [`${at}: ${type} against ${nullable ? "nullable" : "not nullable"}`];
  const inner = expected instanceof z.ZodNullable ? expected.unwrap() : expected;
  const bare = getNullableType(type);
  if (isListType(bare))
    return inner instanceof z.ZodArray ? disagreements(bare.ofType, selection, inner.element, `${at}[]`) : [`${at}: a list`];
  if (isEnumType(bare)) {
    const values = bare.getValues().map(({ name }) => name);
    return inner instanceof z.ZodEnum && values.every((each) => inner.options.includes(each))
      ? []
      : [`${at}: enum ${bare.name} with ${values.join(" ")}`];
  }
  if (isLeafType(bare)) {
    const kind = scalarKinds[bare.name] ?? "string";
    return inner._zod.def.type === kind ? [] : [`${at}: ${bare.name} against ${inner._zod.def.type}`];
  }
  if (isUnionType(bare)) return unionDisagreements(bare.getTypes().map(String), selection, inner, at);
  return isObjectType(bare) ? objectDisagreements(bare.name, selection, inner, at) : [`${at}: ${getNamedType(type)}`];
}

function unionDisagreements(
  names: string[],
  selection: SelectionSetNode | undefined,
  expected: z.core.$ZodType,
  at: string,
): string[] {
  if (!(expected instanceof z.ZodDiscriminatedUnion)) return [`${at}: a union of ${names.join(" ")}`];
  const options = expected.options as z.ZodObject[];
  return names.flatMap((name) => {
    const option = options.find(
      (each) => each.shape["__typename"] instanceof z.ZodLiteral && each.shape["__typename"].value === name,
    );
    const fragment = selection?.selections.find(
      (each) => each.kind === Kind.INLINE_FRAGMENT && each.typeCondition?.name.value === name,
    );
    if (!option || fragment?.kind !== Kind.INLINE_FRAGMENT) return [`${at}: arm ${name} is missing`];
    return objectDisagreements(name, fragment.selectionSet, option.omit({ __typename: true }), `${at}<${name}>`);
  });
}

function objectDisagreements(
  name: string,
  selection: SelectionSetNode | undefined,
  expected: z.core.$ZodType,
  at: string,
): string[] {
  const type = schema.getType(name);
  if (!isObjectType(type) || !(expected instanceof z.ZodObject)) return [`${at}: an object ${name}`];
  const selected = (selection?.selections ?? []).flatMap((each) => (each.kind === Kind.FIELD ? [each] : []));
  const names = selected.map((field) => field.name.value);
  const extra = Object.keys(expected.shape).filter((key) => !names.includes(key));
  return [
    ...extra.map((key) => `${at}.${key}: expected, but not asked for`),
    ...selected.flatMap((field) => {
      const key = field.name.value;
      const part = expected.shape[key] as z.core.$ZodType | undefined;
      const fieldType = type.getFields()[key]?.type;
      return part && fieldType
        ? disagreements(fieldType, field.selectionSet, part, `${at}.${key}`)
        : [`${at}.${key}: asked for, but not expected`];
    }),
  ];
}

const rootTypeName = ({ operation }: OperationDefinitionNode): string => schema.getRootType(operation)?.name ?? "";

test("there are operations to check", () => {
  expect(all.length).toBeGreaterThan(12);
});

describe.each(all)("$name", ({ name, document, result }) => {
  test("is valid against schema.graphql", () => {
    expect(validate(schema, parse(document)).map(String)).toEqual([]);
  });

  test("expects exactly what the schema answers", () => {
    const [definition] = parse(document).definitions;
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`${name} is not an operation`);
    expect(objectDisagreements(rootTypeName(definition), definition.selectionSet, result, name)).toEqual([]);
  });
});

test("a disagreement would be noticed", () => {
  const { selectionSet } = parse("{ viewer { name } }").definitions[0] as OperationDefinitionNode;
  const wrong = (viewer: z.ZodType): string[] => objectDisagreements("Query", selectionSet, z.object({ viewer }), "wrong");
  expect(wrong(z.object({ name: z.number() }))).toEqual(["wrong.viewer.name: String against number"]);
  expect(wrong(z.object({ name: z.string().nullable() }))).toEqual(["wrong.viewer.name: String! against nullable"]);
  expect(wrong(z.object({ name: z.string(), id: z.string() }))).toEqual(["wrong.viewer.id: expected, but not asked for"]);
});
