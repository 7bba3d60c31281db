"use client";
import type { ChoiceFragment } from "../../gql/graphql.ts";
import type { Draft } from "./draft.ts";
import type { Form } from "./form-of.ts";
import { MethodBar } from "./method-bar.tsx";
import type { Method } from "./method-picker.tsx";
import { Mixer } from "./mixer.tsx";
import type { Fault } from "./preflight.tsx";
import type { Check } from "./use-check.ts";

interface Props {
  draft: Draft;
  method: Method;
  methods: readonly Method[];
  form: Form;
  choices: readonly ChoiceFragment[];
  faults: readonly Fault[];
  name: string;
  check: Check | null;
  onMethod: (next: Method) => void;
  onChange: (change: Partial<Draft>) => void;
}

/** A recipe as a form: the method with its parameters, and the parents with theirs. */
export function RecipeFields({ methods, onMethod, name, check, ...both }: Props) {
  return (
    <>
      <MethodBar {...both} methods={methods} onMethod={onMethod} />
      <Mixer {...both} name={name} check={check} />
    </>
  );
}
