"use client";
import { type ReactNode, useEffect, useRef } from "react";

interface Props {
  label: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  className?: string;
}

/** The browser's own modal: focus stays inside, Esc closes the top one, the page behind is inert. */
export function Dialog({ label, isOpen, onClose, children, className = "w-[560px]" }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (isOpen && !dialog.open) dialog.showModal();
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a modal dialog natively
    <dialog
      ref={ref}
      aria-label={label}
      onClose={onClose}
      onClick={(event) => event.target === ref.current && onClose()}
      className={`m-auto mt-[12vh] max-h-[76vh] max-w-[calc(100vw-24px)] overflow-hidden rounded-card border border-line-2 bg-raised p-0 text-ink shadow-2 outline-none phone:mt-3 ${className}`}
    >
      {isOpen && children}
    </dialog>
  );
}
