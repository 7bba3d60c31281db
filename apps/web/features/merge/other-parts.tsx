"use client";
import clsx from "clsx";
import { Icon } from "../../components/icon.tsx";
import { IconButton } from "../../components/ui/button.tsx";
import { plural } from "../../lib/format.ts";
import { chatTemplateWords, tokenizerWords } from "../versions/recipe-words.ts";
import { type Draft, type OtherPart, otherParts } from "./draft.ts";
import { faultAt, fieldId } from "./fault-place.ts";
import { box } from "./parameter-field.tsx";
import type { Fault } from "./preflight.tsx";

interface Props {
  draft: Draft;
  faults: readonly Fault[];
  onChange: (change: Partial<Draft>) => void;
}

/** What the recipe holds and the form has no field for: named, and dropped with a click; the YAML view shows it whole. */
export function OtherParts({ draft, faults, onChange }: Props) {
  const drop = (part: OtherPart) => {
    const { [part]: _dropped, ...others } = draft.others;
    onChange({ others });
  };
  const parts = otherParts.filter((part) => draft.others[part] !== undefined);
  return (
    <>
      {parts.map((part) => (
        <Chip
          key={part}
          part={part}
          label={labels[part]}
          words={words[part](draft.others[part])}
          fault={faultAt(faults, [part])?.message}
          onDrop={() => drop(part)}
        />
      ))}
      {draft.exclude.length > 0 && (
        <Chip
          part="exclude"
          label="Leaves out"
          words={draft.exclude.join(", ")}
          fault={faultAt(faults, ["exclude"])?.message}
          onDrop={() => onChange({ exclude: [] })}
        />
      )}
    </>
  );
}

const labels = { baseAdapter: "Adapter of the base", slices: "Layers", tokenizer: "Tokenizer", chatTemplate: "Chat template" };
const words: Record<OtherPart, (value: unknown) => string> = {
  baseAdapter: String,
  slices: (value) => plural(Array.isArray(value) ? value.length : 0, "slice"),
  tokenizer: (value) => tokenizerWords(value)[0] ?? "",
  chatTemplate: chatTemplateWords,
};

interface ChipProps {
  part: string;
  label: string;
  words: string;
  fault: string | undefined;
  onDrop: () => void;
}

function Chip({ part, label, words, fault, onDrop }: ChipProps) {
  return (
    <span id={fieldId([part])} tabIndex={-1} className={clsx(box, "pr-1", fault && "border-bad")} title={fault}>
      <span className="flex-none text-ink-3">{label}</span>
      <span className="min-w-0 truncate font-medium">{words}</span>
      <IconButton label={`Drop ${label.toLowerCase()}`} onClick={onDrop} className="size-6 text-ink-3 phone:size-8">
        <Icon name="cross" className="size-3" />
      </IconButton>
    </span>
  );
}
