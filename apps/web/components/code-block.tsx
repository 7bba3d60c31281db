import { CopyButton } from "./copy-button.tsx";

/** One command in a line, with its copy button. */
export function CommandLine({ command, className = "" }: { command: string; className?: string }) {
  return (
    <div
      className={`flex h-[34px] min-w-0 items-center gap-2 rounded-[9px] border border-line bg-sunken pr-1 pl-2.5 text-ink-2 phone:h-11 ${className}`}
    >
      <code className="min-w-0 flex-1 truncate text-[12px]">{command}</code>
      <CopyButton text={command} what="command" />
    </div>
  );
}

export function CodeBlock({ code, what = "code", className = "" }: { code: string; what?: string; className?: string }) {
  return (
    <div className={`relative min-w-0 ${className}`}>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto rounded-[9px] border border-line bg-sunken py-3 pr-10 pl-3.5 text-[12px] leading-[19px]"
      >
        {code}
      </pre>
      <CopyButton text={code} what={what} className="absolute top-1.5 right-1.5 size-7 text-ink-3" />
    </div>
  );
}
