import type { ReactNode } from "react";

interface Props {
  title: ReactNode;
  aside?: ReactNode;
  /** One line of facts under the title. */
  facts?: ReactNode;
  children?: ReactNode;
}

export function PageHead({ title, aside, facts, children }: Props) {
  return (
    <header className="mb-4">
      <div className="flex min-h-8 flex-wrap items-center gap-x-2.5 gap-y-2">
        <h1 className="min-w-0 text-page wrap-anywhere phone:text-[20px] phone:leading-[26px]">{title}</h1>
        {aside}
        <div className="ml-auto flex flex-wrap items-center gap-2">{children}</div>
      </div>
      {facts && <div className="mt-1 text-table text-ink-3 phone:mt-3">{facts}</div>}
    </header>
  );
}
