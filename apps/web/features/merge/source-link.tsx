/** The paper or code that defines a method, by its address. */
export function SourceLink({ method }: { method: { title: string; source: string } }) {
  return (
    <a
      href={method.source}
      rel="noreferrer"
      target="_blank"
      aria-label={`Source of ${method.title}`}
      className="min-w-0 truncate underline decoration-line-2 underline-offset-3 hover:decoration-ink-4"
    >
      {method.source.replace(/^https?:\/\//, "")}
    </a>
  );
}
