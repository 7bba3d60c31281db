import type { Field } from "./fields.ts";
import { rangeWords } from "./fields.ts";
import type { Method } from "./method-picker.tsx";
import { parentCountWords } from "./parent-count.ts";
import { SourceLink } from "./source-link.tsx";

const bases = { REQUIRED: "a base", OPTIONAL: "a base or none", NONE: "no base" } as const;

/** What a method does, what its settings mean and what holds for every result. */
export function MethodHelp({ method, fields, own }: { method: Method; fields: readonly Field[]; own: readonly Field[] }) {
  return (
    <section aria-label={`How ${method.title} works`} className="border-line border-b bg-sunken px-4 py-3 text-table">
      <p>
        {method.summary} It takes {parentCountWords(method)} and {bases[method.base]}.{" "}
        <span className="text-ink-3">
          Source: <SourceLink method={method} />
        </span>
      </p>
      <div className="mt-2 grid grid-cols-2 gap-x-8 gap-y-3 narrow:grid-cols-1">
        <Settings title="For the merge" fields={fields} />
        <Settings title="For each parent" fields={own} />
      </div>
      {method.laws.length > 0 && (
        <>
          <h3 className="mt-3 text-caption text-ink-3">Holds for every merge, checked by tests</h3>
          <ul className="mt-1 list-disc pl-4 text-ink-2">
            {method.laws.map((law) => (
              <li key={law}>{law}</li>
            ))}
          </ul>
        </>
      )}
      {[...fields, ...own].some((field) => field.type === "number") && (
        <p className="mt-3 text-ink-2">
          A number may vary: <code>0.2 → 1</code> runs over the layers, <code>mlp: 0.2, else 0.6</code> goes by the tensor's name.
        </p>
      )}
    </section>
  );
}

function Settings({ title, fields }: { title: string; fields: readonly Field[] }) {
  if (fields.length === 0) return null;
  return (
    <div>
      <h3 className="text-caption text-ink-3">{title}</h3>
      <dl className="mt-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1">
        {fields.map((field) => (
          <div key={field.name} className="contents">
            <dt className="font-medium">{field.label}</dt>
            <dd className="text-ink-2">
              {field.help} <span className="num text-ink-3">{rangeWords(field)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
