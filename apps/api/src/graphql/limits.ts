import {
  type ASTNode,
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  getNullableType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from "graphql";

/** Judged by Pothos against the variables, before the first resolver runs. */
export const costLimit = { complexity: 50_000, depth: 18, breadth: 800 };

/** A page costs its size, another list ten, times what is asked of each entry. */
export function fieldCost(args: Readonly<Record<string, unknown>>, _context: unknown, field: GraphQLField<unknown, never>) {
  if (field.args.some(({ name }) => name === "first"))
    return { field: 1, multiplier: Number(args["first"] ?? args["last"] ?? defaultPage) };
  // The page has been counted at the connection.
  if (field.name === "edges") return { field: 1, multiplier: 1 };
  return { field: 1, multiplier: isListType(getNullableType(field.type)) ? 10 : 1 };
}

export const defaultPage = 50;

/** Handed to the parser: a longer document is not even read to its end. */
export const maxTokens = 4000;
const maxDepth = 18;
const maxSelections = 1500;
const maxAliases = 60;
const maxDirectives = 30;
const maxMutations = 10;

interface Size {
  readonly depth: number;
  readonly selections: number;
  readonly aliases: number;
}

/** Limits that the document alone decides. Fragments count where they are used, so they multiply as they would in execution. */
export const documentLimits: ValidationRule = (context: ValidationContext): ASTVisitor => {
  let directives = 0;
  const refuse = (message: string, node: ASTNode) =>
    context.reportError(new GraphQLError(message, { nodes: [node], extensions: { isLimit: true } }));
  return {
    Directive(node) {
      directives++;
      if (directives === maxDirectives + 1) refuse(`The document has more than ${maxDirectives} directives.`, node);
    },
    OperationDefinition(node: OperationDefinitionNode) {
      const fragments = new Map(
        context
          .getDocument()
          .definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [])),
      );
      const size = measure(node.selectionSet, fragments);
      if (size.depth > maxDepth) refuse(`The operation is more than ${maxDepth} levels deep.`, node);
      if (size.selections > maxSelections) refuse(`The operation selects more than ${maxSelections} fields.`, node);
      if (size.aliases > maxAliases) refuse(`The operation has more than ${maxAliases} aliases.`, node);
      if (node.operation === "mutation" && node.selectionSet.selections.length > maxMutations)
        refuse(`An operation may hold ${maxMutations} mutations at most.`, node);
    },
  };
};

/** Measures each fragment once; one that (wrongly) contains itself counts as too deep. */
function measure(root: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): Size {
  const known = new Map<string, Size>();
  const open = new Set<string>();
  const endless: Size = { depth: maxDepth + 1, selections: 0, aliases: 0 };

  function ofFragment(name: string): Size {
    const seen = known.get(name);
    if (seen) return seen;
    const definition = fragments.get(name);
    if (!definition) return { depth: 0, selections: 0, aliases: 0 };
    if (open.has(name)) return endless;
    open.add(name);
    const size = ofSet(definition.selectionSet);
    open.delete(name);
    known.set(name, size);
    return size;
  }

  function ofSet(set: SelectionSetNode): Size {
    let depth = 0;
    let selections = 0;
    let aliases = 0;
    for (const selection of set.selections) {
      let inner: Size = { depth: 0, selections: 0, aliases: 0 };
      let own = 0;
      if (selection.kind === Kind.FIELD) {
        own = 1;
        if (selection.alias) aliases++;
        if (selection.selectionSet) inner = ofSet(selection.selectionSet);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) inner = ofSet(selection.selectionSet);
      else inner = ofFragment(selection.name.value);
      depth = Math.max(depth, own + inner.depth);
      selections += own + inner.selections;
      aliases += inner.aliases;
    }
    return { depth, selections, aliases };
  }

  return ofSet(root);
}
