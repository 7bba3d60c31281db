import fs from "node:fs";
import { printedSchema } from "./printed-schema.ts";

fs.writeFileSync(new URL("../../schema.graphql", import.meta.url), printedSchema());
