"use client";
import clsx from "clsx";
import { Icon } from "../../components/icon.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { IconButton } from "../../components/ui/button.tsx";
import type { ChoiceFragment } from "../../gql/graphql.ts";
import { coefficient } from "../../lib/format.ts";
import { isVarying, type Setting } from "../../lib/setting.ts";
import type { DraftParent } from "./draft.ts";
import { faultAt, fieldId } from "./fault-place.ts";
import type { Form } from "./form-of.ts";
import { ParentSettings } from "./parent-settings.tsx";
import type { Fault } from "./preflight.tsx";
import { SettingField } from "./setting-field.tsx";
import { Slider } from "./slider.tsx";

export const rowHeight = 46;
/** The line of a parent's further settings. */
const extrasHeight = 34;
export const pitchOf = (form: Form) => rowHeight + (form.extras.length > 0 ? extrasHeight : 0);

const grid =
  "grid h-[46px] grid-cols-[18px_minmax(0,1fr)_96px_58px_26px] items-center gap-2 phone:grid-cols-[18px_minmax(0,1fr)_104px_58px_32px]";

interface RowProps {
  index: number;
  /** How many parents there are. */
  count: number;
  parent: DraftParent;
  choice: ChoiceFragment | undefined;
  colour: string;
  form: Form;
  isOrdered: boolean;
  /** What the method makes of it, shown where there is nothing to set. */
  preview: number | null;
  faults: readonly Fault[];
  onOwn: (name: string, value: Setting | undefined) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** A parent: who, how much, and below it what else the method takes for each. */
export function ParentRow(props: RowProps) {
  const { index, parent, choice, colour, form, preview, faults, onRemove } = props;
  const name = choice?.model.name ?? parent.model;
  const fault = faultAt(faults, ["parents", String(index)]);
  const { weight } = form;
  const value = parent.own["weight"] ?? weight?.initial ?? null;
  return (
    <li
      id={fieldId(["parents", String(index)])}
      tabIndex={-1}
      className={clsx(
        // On red the quiet grey would be too quiet.
        fault && "rounded-control bg-bad-bg shadow-[0_0_0_6px_var(--bad-bg)] [--ink-3:var(--ink-2)]",
        weight && value === 0 && "opacity-60",
      )}
    >
      <div className={grid}>
        <KindGlyph kind={choice?.kind ?? "FINE_TUNED"} colour={colour} />
        <span className="min-w-0 text-table leading-4">
          <span className="block truncate">{name}</span>
          <small className="block truncate text-[11.5px] text-ink-3">{detailOf(choice, parent)}</small>
        </span>
        {weight ? (
          <Weight {...props} name={name} value={value} />
        ) : (
          <span className="col-span-2 flex items-center justify-end gap-1">
            <span className="num text-[12.5px] font-medium">{preview === null ? "" : coefficient(preview)}</span>
            {props.isOrdered && <MoveButtons {...props} name={name} />}
          </span>
        )}
        <IconButton label={`Remove ${name}`} onClick={onRemove} className="size-6 text-ink-3 phone:size-8">
          <Icon name="cross" className="size-3" />
        </IconButton>
      </div>
      <ParentSettings fields={form.extras} own={parent.own} index={index} name={name} faults={faults} onOwn={props.onOwn} />
    </li>
  );
}

function Weight({ index, name, value, form, colour, faults, onOwn }: RowProps & { name: string; value: Setting | null }) {
  const low = form.weight?.low ?? Number.NEGATIVE_INFINITY;
  const number = typeof value === "number" ? value : null;
  return (
    <>
      {number !== null && (
        <Slider
          label={`Weight of ${name}`}
          value={number}
          low={Math.max(low, Math.min(-1, Math.floor(number)))}
          high={Math.max(2, Math.ceil(number))}
          colour={colour}
          onChange={(weight) => onOwn("weight", weight)}
        />
      )}
      <span className={isVarying(value) ? "col-span-2 flex justify-end" : "contents"}>
        <SettingField
          id={fieldId(["parents", String(index), "weight"])}
          label={`Weight of ${name}, as a number`}
          value={value}
          low={form.weight?.low ?? null}
          high={form.weight?.high ?? null}
          help={form.weight?.help ?? undefined}
          fault={faultAt(faults, ["parents", String(index), "weight"])?.message}
          onChange={(weight) => weight !== null && onOwn("weight", weight)}
          className="w-full"
        />
      </span>
    </>
  );
}

export const moveId = (index: number, by: -1 | 1) => `move-${by < 0 ? "up" : "down"}-${index}`;

function MoveButtons({ index, count, name, onMove }: RowProps & { name: string }) {
  return ([-1, 1] as const).map((by) => (
    <IconButton
      key={by}
      id={moveId(index, by)}
      label={`Move ${name} ${by < 0 ? "up" : "down"}`}
      disabled={by < 0 ? index === 0 : index === count - 1}
      onClick={() => onMove(by)}
      className="size-6 text-ink-3 disabled:opacity-40 phone:size-8"
    >
      <Icon name="chevron" className={by < 0 ? "size-3.5 rotate-180" : "size-3.5"} />
    </IconButton>
  ));
}

export function BaseRow({ choice, name }: { choice: ChoiceFragment | undefined; name: string }) {
  return (
    <li className={grid}>
      <KindGlyph kind={choice?.kind ?? "BASE"} colour="var(--s0)" />
      <span className="min-w-0 text-table leading-4">
        <span className="block truncate">{choice?.model.name ?? name}</span>
        <small className="block text-[11.5px] text-ink-3">{detailOf(choice)}</small>
      </span>
      <span className="col-span-3 text-caption text-ink-3">the origin</span>
    </li>
  );
}

function detailOf(choice: ChoiceFragment | undefined, parent?: DraftParent): string {
  if (!choice) return "not among the ready versions";
  const adapter = parent?.own["adapter"];
  return [`v${choice.number}`, choice.dtype, adapter === undefined ? null : `with ${adapter}`].filter(Boolean).join(", ");
}
