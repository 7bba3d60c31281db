"use client";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { PickList } from "../../components/pick-list.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import type { ChoiceFragment } from "../../gql/graphql.ts";
import { parameters } from "../../lib/format.ts";
import { colourOf } from "../versions/mixture.ts";
import { VersionName } from "../versions/version-name.tsx";

interface Props {
  label: string;
  isOpen: boolean;
  onClose: () => void;
  choices: readonly ChoiceFragment[];
  /** Refs that are taken already. */
  taken: ReadonlySet<string>;
  onPick: (ref: string) => void;
}

export function VersionPicker({ label, isOpen, onClose, choices, taken, onPick }: Props) {
  return (
    <Dialog label={label} isOpen={isOpen} onClose={onClose}>
      <PickList
        label={label}
        placeholder={`${label}: name, kind or namespace`}
        onPick={(pick) => {
          onPick(pick.id);
          onClose();
        }}
        picks={choices.map((choice) => ({
          id: choice.ref,
          text: `${choice.ref} ${choice.kind.toLowerCase().replace("_", " ")} ${choice.dtype ?? ""}`,
          isDisabled: taken.has(choice.ref),
          content: (
            <>
              <KindGlyph kind={choice.kind} {...(choice.kind === "FINE_TUNED" ? { colour: colourOf(choice) } : {})} />
              <VersionName version={choice} withNamespace />
              <span className="num ml-auto flex-none text-caption text-ink-3">
                {taken.has(choice.ref) ? "in the merge" : `${parameters(Number(choice.parameterCount))} ${choice.dtype ?? ""}`}
              </span>
            </>
          ),
        }))}
        note={
          choices.length === 0 && (
            <p className="px-3 py-6 text-center text-table text-ink-3">No ready version to choose from. Register one first.</p>
          )
        }
      />
    </Dialog>
  );
}
