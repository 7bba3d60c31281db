"use client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import type { RequestStatisticsInput } from "../../gql/graphql.ts";
import { execute } from "../../lib/execute.ts";
import { useAction } from "../../lib/use-action.ts";
import { MeasureForm, type MeasureFormProps } from "./measure-form.tsx";
import { RequestStatisticsDocument } from "./statistics-documents.ts";

/** Opens the form; what was asked for shows up in the table behind it. */
export function MeasureButton({
  versionRef,
  ...form
}: { versionRef: string } & Omit<MeasureFormProps, "onAsk" | "isAsking" | "refusal">) {
  const router = useRouter();
  const [isOpen, setOpen] = useState(false);
  const [note, setNote] = useState<string | null>(null);
  const { act, isAsking, refusal } = useAction<{ note: string | null }>((answer) => {
    setOpen(false);
    setNote(answer.note);
    router.refresh();
  });
  const ask = async (input: Omit<RequestStatisticsInput, "versions">) => {
    const { requestStatistics: answer } = await execute(RequestStatisticsDocument, {
      input: { ...input, versions: [versionRef] },
    });
    if (answer.__typename === "RefusedError") return answer.faults.map(({ message }) => message).join(" ") || answer.message;
    return { note: answer.runs.length === 0 ? "That has been measured already." : null };
  };
  return (
    <>
      <span role="status" className="text-caption text-ink-2">
        {note}
      </span>
      <Button onClick={() => setOpen(true)}>Measure</Button>
      <Dialog label="Measure" isOpen={isOpen} onClose={() => setOpen(false)} className="w-[460px]">
        <MeasureForm {...form} onAsk={(input) => act(() => ask(input))} isAsking={isAsking} refusal={refusal} />
      </Dialog>
    </>
  );
}
