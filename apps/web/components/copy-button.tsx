"use client";
import { useState } from "react";
import { Icon, type IconName } from "./icon.tsx";
import { Button, IconButton } from "./ui/button.tsx";

function useCopied(text: string | (() => string)) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === "string" ? text : text());
    setCopied(true);
    setTimeout(() => setCopied(false), 1600);
  };
  return { isCopied, copy };
}

/** Copies the whole text, whatever is shown of it. */
export function CopyButton({ text, what, className = "size-7 text-ink-3" }: { text: string; what: string; className?: string }) {
  const { isCopied, copy } = useCopied(text);
  return (
    <>
      <IconButton label={isCopied ? `${what} copied` : `Copy ${what}`} onClick={copy} className={className}>
        <Icon name={isCopied ? "check" : "copy"} className="size-3.5" />
      </IconButton>
      <span className="sr-only" aria-live="polite">
        {isCopied ? `${what} copied` : ""}
      </span>
    </>
  );
}

interface WideProps {
  text: string;
  label: string;
  icon?: IconName;
  look?: "plain" | "filled";
  className?: string;
}

export function CopyTextButton({ text, label, icon = "copy", look = "plain", className }: WideProps) {
  const { isCopied, copy } = useCopied(text);
  return (
    <Button look={look} onClick={copy} className={className}>
      <Icon name={isCopied ? "check" : icon} />
      <span aria-live="polite">{isCopied ? "Copied" : label}</span>
    </Button>
  );
}

/** Filters, sort and drafts live in the address, so the link is the view. */
export function CopyLinkButton({ className }: { className?: string }) {
  const { isCopied, copy } = useCopied(() => window.location.href);
  return (
    <Button onClick={copy} className={className}>
      <Icon name={isCopied ? "check" : "link"} />
      <span aria-live="polite">{isCopied ? "Copied" : "Copy link"}</span>
    </Button>
  );
}
