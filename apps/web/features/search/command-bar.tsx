"use client";
import dynamic from "next/dynamic";
import { useEffect, useState } from "react";
import { Icon } from "../../components/icon.tsx";
import { IconButton } from "../../components/ui/button.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";

const CommandPanel = dynamic(() => import("./command-panel.tsx").then((module) => module.CommandPanel), { ssr: false });

/** Search over models, runs and pages; the panel loads when first opened. */
export function CommandBar() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOpen((was) => !was);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <button
        type="button"
        onClick={() => setOpen(true)}
        className="flex h-8 w-[248px] items-center gap-2 rounded-control border border-line bg-bg pr-1.5 pl-2.5 text-table whitespace-nowrap text-ink-3 narrow:w-[180px] phone:hidden"
      >
        <Icon name="search" />
        <span className="flex-1 truncate text-left">Find a model or run</span>
        <kbd className="rounded-[4px] border border-line bg-surface px-[5px] font-sans text-axis leading-4 font-medium">⌘K</kbd>
      </button>
      <IconButton label="Search" onClick={() => setOpen(true)} className="desk:hidden">
        <Icon name="search" />
      </IconButton>
      <Dialog label="Search and commands" isOpen={isOpen} onClose={() => setOpen(false)}>
        <CommandPanel onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}
