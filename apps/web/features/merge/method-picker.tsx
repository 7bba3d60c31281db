"use client";
import { type Pick, PickList } from "../../components/pick-list.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import type { MethodFormFragment } from "../../gql/graphql.ts";
import { capitalised } from "../../lib/format.ts";
import { SourceLink } from "./source-link.tsx";

export type Method = MethodFormFragment;

interface Props {
  methods: readonly Method[];
  isOpen: boolean;
  onClose: () => void;
  onPick: (method: Method) => void;
}

/** Every method by family, with what it does in a line; the source of the one under the cursor stands below. */
export function MethodPicker({ methods, isOpen, onClose, onPick }: Props) {
  const families = [...new Set(methods.map(({ family }) => family))];
  const find = (pick: Pick | undefined) => methods.find(({ name }) => name === pick?.id);
  return (
    <Dialog label="Choose a method" isOpen={isOpen} onClose={onClose} className="w-[640px]">
      <PickList
        label="Choose a method"
        placeholder="Method, family or what it does"
        onPick={(pick) => {
          const method = find(pick);
          if (method) onPick(method);
          onClose();
        }}
        picks={families.flatMap((family) =>
          methods.filter((method) => method.family === family).map((method) => pickOf(method, capitalised(family))),
        )}
        footer={(pick) => {
          const method = find(pick);
          return (
            method && (
              <p className="flex min-w-0 items-baseline gap-2 text-caption text-ink-3">
                <code className="flex-none text-ink-2">{method.name}</code>
                <SourceLink method={method} />
              </p>
            )
          );
        }}
      />
    </Dialog>
  );
}

const pickOf = (method: Method, group: string): Pick => ({
  id: method.name,
  group,
  text: [method.title, method.name, method.family, method.summary].join(" "),
  isDisabled: !method.isAvailable,
  content: (
    <span className="grid min-w-0 flex-1 grid-cols-[168px_minmax(0,1fr)] gap-x-3 py-1.5 phone:grid-cols-1">
      <span className="font-medium">{method.title}</span>
      <span className="text-ink-3">
        {method.summary}
        {!method.isAvailable && <span className="block text-caption">For local files only: amalgam merge.</span>}
      </span>
    </span>
  ),
});
