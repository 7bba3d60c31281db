import { ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import { shortTitle } from "../leaderboards/board.ts";
import type { Choice } from "./comparison.ts";

interface Props {
  choice: Choice;
  refs: readonly string[];
  suites: readonly { namespace: string; name: string; title: string }[];
}

const field =
  "h-8 w-full min-w-0 rounded-control border border-line-2 bg-surface px-2 text-table text-ink outline-none focus-visible:outline-2 phone:h-10";

/** Which two, on which suite. A plain form: it works before any script has loaded, and its answer is an address. */
export function CompareForm({ choice, refs, suites }: Props) {
  const [first, second] = choice.refs;
  const known = [...new Set([...choice.refs.filter((ref) => ref !== null), ...refs])];
  const versions = (label: string, value: string | null) => (
    <label className="block min-w-0 flex-1 text-caption text-ink-3">
      {label}
      <select name="v" defaultValue={value ?? ""} required className={`${field} mt-1`}>
        <option value="" disabled>
          Choose a version
        </option>
        {known.map((ref) => (
          <option key={ref} value={ref}>
            {shortTitle(ref)}
          </option>
        ))}
      </select>
    </label>
  );
  const suite = choice.suite && `${choice.suite.namespace}/${choice.suite.name}`;
  return (
    <Card className="mb-3.5 px-[18px] py-3.5 phone:px-3.5">
      {/* Keyed by the choice: after going back, fields show the address again. */}
      <form key={[first, second, suite, choice.purpose].join(" ")} action="/compare" className="flex flex-wrap items-end gap-3">
        {versions("First", first)}
        {versions("Second", second)}
        <label className="block w-[200px] text-caption text-ink-3 phone:w-full">
          Suite
          <select name="suite" defaultValue={suite ?? ""} className={`${field} mt-1`}>
            {suites.map(({ namespace, name, title }) => (
              <option key={`${namespace}/${name}`} value={`${namespace}/${name}`}>
                {title}
              </option>
            ))}
          </select>
        </label>
        {choice.purpose === "SEARCH" && <input type="hidden" name="split" value="search" />}
        <button
          type="submit"
          className="h-8 rounded-control border border-fill bg-fill px-3 text-table font-medium text-on-fill shadow-1 hover:opacity-90 phone:h-10 phone:flex-1"
        >
          Compare
        </button>
        {first && second && (
          <ButtonLink href={`/compare?${swapped(choice)}`} className="phone:flex-1">
            Swap
          </ButtonLink>
        )}
      </form>
    </Card>
  );
}

function swapped({ refs: [first, second], suite, purpose }: Choice): string {
  return new URLSearchParams([
    ["v", second ?? ""],
    ["v", first ?? ""],
    ...(suite ? [["suite", `${suite.namespace}/${suite.name}`]] : []),
    ...(purpose === "SEARCH" ? [["split", "search"]] : []),
  ]).toString();
}
