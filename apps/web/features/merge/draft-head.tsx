import { CopyLinkButton } from "../../components/copy-button.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Segmented } from "../../components/ui/segmented.tsx";

/** Head of a page whose draft is its address, with its two views. */
export function DraftHead({ title, view, onView }: { title: string; view: string; onView: (view: string) => void }) {
  return (
    <PageHead title={title} aside={<span className="text-table text-ink-3 phone:hidden">Draft, saved in this link</span>}>
      <Segmented
        label="View"
        value={view}
        onChange={onView}
        options={[
          { value: "form", label: "Form" },
          { value: "yaml", label: "YAML" },
        ]}
      />
      <CopyLinkButton className="phone:hidden" />
    </PageHead>
  );
}
