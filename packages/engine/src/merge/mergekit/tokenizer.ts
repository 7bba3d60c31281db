import { type Fields, isFields } from "../record.ts";
import type { TokenizerPolicy as Policy, TokenRule as Rule } from "../tokenizer/tokenizer-policy.ts";
import type { FidelityReport, Path } from "./fidelity.ts";
import { refuseUnknownKeys } from "./read-document.ts";

/** tokenizer_source or tokenizer of a configuration as our policy; null when there is neither. */
export function readTokenizer(config: Fields, report: FidelityReport): Policy | null {
  const source = config["tokenizer_source"] ?? undefined;
  const tokenizer = config["tokenizer"] ?? undefined;
  if (source !== undefined && tokenizer !== undefined) {
    report.refuse(["tokenizer_source"], "tokenizer_source and tokenizer exclude each other; keep tokenizer.");
    return null;
  }
  if (source !== undefined) {
    if (typeof source !== "string") {
      report.refuse(["tokenizer_source"], "tokenizer_source must be union, base or a model.");
      return null;
    }
    report.same(["tokenizer_source"], "becomes tokenizer.source.");
    return { source, tokens: {}, padToMultipleOf: null };
  }
  if (tokenizer === undefined) return null;
  if (!isFields(tokenizer)) {
    report.refuse(["tokenizer"], "tokenizer must be a mapping with source, tokens and pad_to_multiple_of.");
    return null;
  }
  refuseUnknownKeys(tokenizer, ["source", "tokens", "pad_to_multiple_of"], ["tokenizer"], report);
  const { source: vocabulary = "union", tokens, pad_to_multiple_of: padding } = tokenizer;
  if (typeof vocabulary !== "string") report.refuse(["tokenizer", "source"], "tokenizer.source must be union, base or a model.");
  if (padding !== undefined && padding !== null && !Number.isInteger(padding))
    report.refuse(["tokenizer", "pad_to_multiple_of"], "tokenizer.pad_to_multiple_of must be a whole number.");
  report.same(["tokenizer"], "becomes tokenizer.");
  return {
    source: typeof vocabulary === "string" ? vocabulary : "union",
    tokens: readTokens(tokens, report),
    padToMultipleOf: typeof padding === "number" ? padding : null,
  };
}

function readTokens(tokens: unknown, report: FidelityReport): Policy["tokens"] {
  const path = ["tokenizer", "tokens"];
  if (tokens === undefined || tokens === null) return {};
  if (!isFields(tokens)) {
    report.refuse(path, "tokenizer.tokens must be a mapping of tokens to their sources.");
    return {};
  }
  return Object.fromEntries(
    Object.entries(tokens).map(([token, rule]): [string, Rule] => {
      const at = [...path, token];
      const fields = rule === null ? {} : rule;
      if (!isFields(fields)) {
        report.refuse(at, `${at.join(".")} must be a mapping with source and force.`);
        return [token, { source: null, force: false }];
      }
      refuseUnknownKeys(fields, ["source", "force"], at, report);
      const { force = false } = fields;
      if (typeof force !== "boolean") report.refuse([...at, "force"], `${[...at, "force"].join(".")} must be true or false.`);
      return [token, { source: readTokenSource(fields["source"], [...at, "source"], report), force: force === true }];
    }),
  );
}

function readTokenSource(value: unknown, path: Path, report: FidelityReport): Rule["source"] {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return { kind: "model", model: value };
  if (isFields(value)) {
    const { kind, model, token, token_id: id } = value;
    refuseUnknownKeys(value, ["kind", "model", "token", "token_id"], path, report);
    if (kind === "zero") return { kind };
    if (kind === "model_token" && typeof model === "string") {
      if (typeof token === "string") return { kind, model, token };
      if (typeof id === "number") return { kind, model, tokenId: id };
    }
  }
  report.refuse(path, `${path.join(".")} must be a model, or {kind: model_token, model, token or token_id}, or {kind: zero}.`);
  return null;
}

/** Our policy as mergekit writes it. */
export function writeTokenizer({ source, tokens, padToMultipleOf }: Policy): Fields {
  const entries = Object.entries(tokens).map(([token, rule]): [string, Fields] => [
    token,
    { ...(rule.source === null ? {} : { source: writeTokenSource(rule.source) }), ...(rule.force ? { force: true } : {}) },
  ]);
  return {
    source,
    ...(entries.length === 0 ? {} : { tokens: Object.fromEntries(entries) }),
    ...(padToMultipleOf === null ? {} : { pad_to_multiple_of: padToMultipleOf }),
  };
}

function writeTokenSource(source: NonNullable<Rule["source"]>): unknown {
  if (source.kind === "model") return source.model;
  if (source.kind === "zero") return { kind: "zero" };
  const { kind, model, token, tokenId } = source;
  return token === undefined ? { kind, model, token_id: tokenId } : { kind, model, token };
}
