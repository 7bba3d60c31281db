"use client";
import clsx from "clsx";
import { Icon } from "../../components/icon.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { IconButton } from "../../components/ui/button.tsx";
import type { ChoiceFragment } from "../../gql/graphql.ts";
import { coefficient } from "../../lib/format.ts";
import type { DraftParent } from "./draft.ts";
import { Slider } from "./method-bar.tsx";
import { NumberField } from "./number-field.tsx";

export const rowPitch = 46;

const grid =
  "grid h-[46px] grid-cols-[18px_minmax(0,1fr)_96px_58px_26px] items-center gap-2 phone:grid-cols-[18px_minmax(0,1fr)_104px_58px_32px]";

interface RowProps {
  parent: DraftParent;
  choice: ChoiceFragment | undefined;
  colour: string;
  hasWeight: boolean;
  /** What the method makes of it, shown where there is nothing to set. */
  preview: number | null;
  isFaulty: boolean;
  onWeight: (weight: number) => void;
  onRemove: () => void;
}

export function ParentRow({ parent, choice, colour, hasWeight, preview, isFaulty, onWeight, onRemove }: RowProps) {
  const weight = parent.weight ?? 1;
  const name = choice?.model.name ?? parent.model;
  return (
    <li
      className={clsx(
        grid,
        isFaulty && "rounded-control bg-bad-bg shadow-[0_0_0_6px_var(--bad-bg)]",
        hasWeight && weight === 0 && "opacity-60",
      )}
    >
      <KindGlyph kind={choice?.kind ?? "FINE_TUNED"} colour={colour} />
      <span className="min-w-0 text-table leading-4">
        <span className="block truncate">{name}</span>
        <small className="block truncate text-[11.5px] text-ink-3">
          {choice ? `v${choice.number}${choice.dtype ? `, ${choice.dtype}` : ""}` : "not among the ready versions"}
        </small>
      </span>
      {hasWeight ? (
        <>
          <Slider
            label={`Weight of ${name}`}
            value={weight}
            low={Math.min(-1, Math.floor(weight))}
            high={Math.max(2, Math.ceil(weight))}
            colour={colour}
            onChange={onWeight}
          />
          <NumberField
            label={`Weight of ${name}, as a number`}
            value={weight}
            onChange={onWeight}
            className="w-full"
            isInvalid={isFaulty}
          />
        </>
      ) : (
        <span className="num col-span-2 text-right text-[12.5px] font-medium">
          {preview === null ? "" : coefficient(preview)}
        </span>
      )}
      <IconButton label={`Remove ${name}`} onClick={onRemove} className="size-6 text-ink-3 phone:size-8">
        <Icon name="cross" className="size-3" />
      </IconButton>
    </li>
  );
}

export function BaseRow({ choice, name }: { choice: ChoiceFragment | undefined; name: string }) {
  return (
    <li className={grid}>
      <KindGlyph kind={choice?.kind ?? "BASE"} colour="var(--s0)" />
      <span className="min-w-0 text-table leading-4">
        <span className="block truncate">{choice?.model.name ?? name}</span>
        <small className="block text-[11.5px] text-ink-3">
          {choice ? `v${choice.number}${choice.dtype ? `, ${choice.dtype}` : ""}` : "not among the ready versions"}
        </small>
      </span>
      <span className="col-span-3 text-caption text-ink-3">the origin</span>
    </li>
  );
}
