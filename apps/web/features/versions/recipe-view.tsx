"use client";
import { useState } from "react";
import { CodeBlock } from "../../components/code-block.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { Segmented } from "../../components/ui/segmented.tsx";

/** One recipe, two spellings. */
export function RecipeView({ yaml, json }: { yaml: string; json: string }) {
  const [format, setFormat] = useState("yaml");
  return (
    <Card>
      <CardHead title="Recipe" note="canonical">
        <Segmented
          label="Format"
          value={format}
          onChange={setFormat}
          options={[
            { value: "yaml", label: "YAML" },
            { value: "json", label: "JSON" },
          ]}
        />
      </CardHead>
      <CodeBlock
        code={format === "yaml" ? yaml : json}
        what="recipe"
        className="px-4 pt-1 pb-4 [&>button]:right-6 [&>button]:top-2.5"
      />
    </Card>
  );
}
