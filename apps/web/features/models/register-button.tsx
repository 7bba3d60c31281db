"use client";
import { useState } from "react";
import { CommandLine } from "../../components/code-block.tsx";
import { Button } from "../../components/ui/button.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";

/** Checkpoints come from the command line: it hashes, resumes and skips what the store has. */
export function RegisterButton({ namespace, className }: { namespace: string; className?: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)} className={className}>
        Register a model
      </Button>
      <Dialog label="Register a model" isOpen={isOpen} onClose={() => setOpen(false)} className="w-[520px]">
        <div className="p-5">
          <h2 className="text-section">Register a model</h2>
          <p className="mt-1 text-table text-ink-2">
            Point the command line at a Hugging Face folder. It sends only what the store does not have, and resumes after a cut.
          </p>
          <h3 className="mt-4 mb-1.5 text-table">A base</h3>
          <CommandLine command={`amalgam push ./my-base --as ${namespace}/base --kind base`} />
          <h3 className="mt-3 mb-1.5 text-table">A fine-tune of it</h3>
          <CommandLine command={`amalgam push ./my-model --as ${namespace}/my-model --base ${namespace}/base`} />
          <p className="mt-3 text-caption text-ink-3">
            The server then reads every byte once; the version is ready when digests, header and values hold.
          </p>
          <div className="mt-4 flex justify-end">
            <Button onClick={() => setOpen(false)}>Close</Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
