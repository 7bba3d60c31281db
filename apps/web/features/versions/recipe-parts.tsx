import Link from "next/link";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { plural } from "../../lib/format.ts";
import type { RecipeParts, Said, SaidModel } from "./recipe-words.ts";
import { parseRef, refPath } from "./version-path.ts";

/** A recipe for reading: what each model gives, and what holds for the whole. */
export function RecipeInWords({ method, parts }: { method: string; parts: RecipeParts }) {
  const { base, parents, said, slices } = parts;
  return (
    <Card label="Recipe in words">
      <CardHead title={method} note={plural(parents.length, "parent")} />
      <ul className="px-4 pb-2">
        {base && (
          <li className={row}>
            <Model model={base} />
            <span className="text-ink-3">base</span>
          </li>
        )}
        {parents.map((parent, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the order is the recipe's, and a model may stand twice
          <li key={`${parent.ref}#${i}`} className={row}>
            <Model model={parent} />
            <SaidList said={parent.said} />
          </li>
        ))}
      </ul>
      {slices.length > 0 && (
        <div className="border-line border-t px-4 py-2">
          <h3 className="py-1 text-caption text-ink-3">Layers of the result</h3>
          <ol>
            {slices.map((slice) => (
              <li key={slice.title} className={row}>
                <span className="num font-medium">{slice.title}</span>
                <div>
                  {slice.sources.map((source, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the order is the recipe's
                    <p key={`${source.ref}#${i}`} className="num wrap-anywhere">
                      {source.layers} of <Model model={source} /> {source.said.length > 0 && <SaidList said={source.said} />}
                    </p>
                  ))}
                  {slice.said.length > 0 && <SaidList said={slice.said} />}
                </div>
              </li>
            ))}
          </ol>
        </div>
      )}
      {said.length > 0 && (
        <dl className="border-line border-t px-4 py-2">
          {said.map(({ label, value }) => (
            <div key={label} className={row}>
              <dt className="text-ink-3">{label}</dt>
              <dd className="num wrap-anywhere">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}

const row =
  "grid grid-cols-[200px_minmax(0,1fr)] gap-x-4 gap-y-0.5 border-line border-b py-2 text-table last:border-b-0 phone:grid-cols-1";

function Model({ model: { ref, adapter } }: { model: SaidModel }) {
  const parts = parseRef(ref);
  const path = refPath(ref);
  const name = parts ? (
    <>
      {parts.name}{" "}
      <span className="font-normal text-ink-3">{/^\d/.test(parts.version) ? `v${parts.version}` : parts.version}</span>
    </>
  ) : (
    ref
  );
  return (
    <span className="min-w-0 font-medium wrap-anywhere">
      {path ? (
        <Link href={path} className="link" title={ref}>
          {name}
        </Link>
      ) : (
        name
      )}
      {adapter && <span className="font-normal text-ink-2"> with {adapter}</span>}
    </span>
  );
}

/** "weight 0.2 → 1 over the layers · density 0.6" */
function SaidList({ said }: { said: readonly Said[] }) {
  return (
    <span className="num flex flex-wrap gap-x-4 gap-y-0.5">
      {said.map(({ label, value }) => (
        <span key={label} className="wrap-anywhere">
          <span className="text-ink-3">{label.toLowerCase()}</span> {value}
        </span>
      ))}
      {said.length === 0 && <span className="text-ink-3">as it is</span>}
    </span>
  );
}
