import clsx from "clsx";
import Link from "next/link";
import type { ComponentProps, ReactNode } from "react";

type ButtonLook = "filled" | "plain" | "quiet";

const base =
  "inline-flex h-8 flex-none items-center justify-center gap-1.5 rounded-control border px-3 text-table font-medium whitespace-nowrap select-none transition-[background-color,opacity] phone:h-10";
const looks: Record<ButtonLook, string> = {
  filled: "border-fill bg-fill text-on-fill shadow-1 hover:opacity-90",
  plain: "border-line-2 bg-surface shadow-1 hover:bg-hover",
  quiet: "border-transparent text-ink-2 hover:bg-hover",
};

interface Look {
  look?: ButtonLook;
  children: ReactNode;
}

export function Button({ look = "plain", className, type = "button", ...rest }: Look & ComponentProps<"button">) {
  return (
    <button
      type={type}
      className={clsx(base, looks[look], "disabled:opacity-50 aria-disabled:opacity-60 [&_svg]:size-3.5", className)}
      {...rest}
    />
  );
}

export function ButtonLink({ look = "plain", className, ...rest }: Look & ComponentProps<typeof Link>) {
  return <Link className={clsx(base, looks[look], "[&_svg]:size-3.5", className)} {...rest} />;
}

/** A plain anchor, for downloads and other addresses that Next does not route. */
export function ButtonAnchor({ look = "plain", className, children, ...rest }: Look & ComponentProps<"a">) {
  return (
    <a className={clsx(base, looks[look], "[&_svg]:size-3.5", className)} {...rest}>
      {children}
    </a>
  );
}

export function IconButton({ label, className, type = "button", ...rest }: { label: string } & ComponentProps<"button">) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={clsx(
        "grid size-8 flex-none place-items-center rounded-control text-ink-2 transition-colors hover:bg-hover phone:size-10",
        className,
      )}
      {...rest}
    />
  );
}
