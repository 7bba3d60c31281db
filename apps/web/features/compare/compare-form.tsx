import { ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import { shortTitle } from "../leaderboards/board.ts";
import { type Choice, comparePath, mostCompared } from "./comparison.ts";

interface Props {
  choice: Choice;
  refs: readonly string[];
  suites: readonly { namespace: string; name: string; title: string }[];
}

const ordinals = ["Third", "Fourth", "Fifth", "Sixth"];

const field =
  "h-8 w-full min-w-0 rounded-control border border-line-2 bg-surface px-2 text-table text-ink outline-none focus-visible:outline-2 phone:h-10";

/** Which versions, on which suite. A plain form: it works before any script has loaded, and its answer is an address. */
export function CompareForm({ choice, refs, suites }: Props) {
  const chosen = choice.refs.slice(0, mostCompared);
  const [first, second, ...others] = chosen;
  const known = [...new Set([...chosen, ...refs])];
  const versions = (label: string, value: string | undefined, isOptional = false) => (
    <label key={label} className="block min-w-[150px] flex-1 text-caption text-ink-3 phone:min-w-[45%]">
      {label}
      <select name="v" defaultValue={value ?? ""} required={!isOptional} className={`${field} mt-1`}>
        <option value="" disabled={!isOptional}>
          {isOptional ? (value ? "Leave out" : "No further one") : "Choose a version"}
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
      <form key={[...chosen, suite, choice.purpose].join(" ")} action="/compare" className="flex flex-wrap items-end gap-3">
        {versions("First", first)}
        {versions("Second", second)}
        {others.map((ref, i) => versions(ordinals[i] ?? "", ref, true))}
        {second && chosen.length < mostCompared && versions("And", undefined, true)}
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
        {first && second && others.length === 0 && (
          <ButtonLink href={comparePath({ ...choice, refs: [second, first] })} className="phone:flex-1">
            Swap
          </ButtonLink>
        )}
      </form>
    </Card>
  );
}
