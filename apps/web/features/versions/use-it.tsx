"use client";
import { useState } from "react";
import { CodeBlock, CommandLine } from "../../components/code-block.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { Segmented } from "../../components/ui/segmented.tsx";

interface Props {
  version: { ref: string; kind: string; model: { name: string } };
}

export function UseIt({ version }: Props) {
  const [language, setLanguage] = useState("cli");
  const folder = `./${version.model.name}`;
  return (
    <Card className="self-start">
      <CardHead title="Use it">
        <Segmented
          label="Language"
          value={language}
          onChange={setLanguage}
          options={[
            { value: "cli", label: "CLI" },
            { value: "python", label: "Python" },
          ]}
        />
      </CardHead>
      <div className="flex flex-col gap-2.5 px-4 pt-1 pb-4">
        <CommandLine command={`amalgam pull ${version.ref} ${folder}`} />
        {language === "cli" ? (
          <CommandLine command={`amalgam inspect ${folder}`} />
        ) : (
          <CodeBlock code={`from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained(\n    "${folder}")`} />
        )}
        <p className="text-caption text-ink-3">A Hugging Face folder: any tool that reads those can load it.</p>
      </div>
    </Card>
  );
}
