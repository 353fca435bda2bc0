import ts from "typescript";

/** The exports of a module, as completion shows them. */
export interface ApiModule {
  readonly name: string;
  readonly exports: readonly ApiExport[];
}

export interface ApiExport {
  readonly name: string;
  readonly kind: "function" | "type";
  readonly about: string;
  /** The properties of its options object, or of itself if it is an interface. */
  readonly options: readonly ApiOption[];
  /** Its methods, such as `valueAndGrad`. */
  readonly members: readonly ApiMember[];
}

export interface ApiMember {
  readonly name: string;
  readonly about: string;
}

export interface ApiOption {
  readonly name: string;
  readonly about: string;
  /** Its values, if it is a union of strings. */
  readonly words: readonly string[];
}

/** The name of the module of global names. */
export const globalModule = "global";

/**
 * Reads the exports of modules, with types and doc comments, from their sources, and the global names
 * that a file declares.
 */
export function readApi(
  entries: Readonly<Record<string, string>>,
  globals: { readonly file: string; readonly names: readonly string[] },
): ApiModule[] {
  const program = ts.createProgram([...Object.values(entries), globals.file], {
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts", "lib.esnext.float16.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ["@surprisal/source"],
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const modules = Object.entries(entries).map(([name, file]) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${file} is no module.`);
    return { name, exports: checker.getExportsOfModule(module).map((s) => readExport(s, checker)) };
  });
  const source = program.getSourceFile(globals.file);
  if (source === undefined) throw new Error(`${globals.file} cannot be read.`);
  const declared = checker
    .getSymbolsInScope(source, ts.SymbolFlags.Variable)
    .filter(({ name }) => globals.names.includes(name));
  return [
    ...modules,
    { name: globalModule, exports: declared.map((symbol) => readExport(symbol, checker)) },
  ];
}

function readExport(exported: ts.Symbol, checker: ts.TypeChecker): ApiExport {
  const symbol =
    exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const isValue = (symbol.flags & ts.SymbolFlags.Value) !== 0;
  const type = isValue ? checker.getTypeOfSymbol(symbol) : undefined;
  return {
    name: exported.name,
    kind: isValue ? "function" : "type",
    about: aboutOf(symbol, checker),
    options: type
      ? optionsOfCalls(type, checker)
      : isOptions(symbol)
        ? readOptions(checker.getDeclaredTypeOfSymbol(symbol), checker)
        : [],
    members: (type?.getProperties() ?? []).map((member) => ({
      name: member.name,
      about: aboutOf(member, checker),
    })),
  };
}

const isOptions = (symbol: ts.Symbol | undefined) => symbol?.name.endsWith("Options") ?? false;

/** Returns the options of a function, and those of its methods. */
function optionsOfCalls(type: ts.Type, checker: ts.TypeChecker): ApiOption[] {
  const methods = type.getProperties().map((member) => checker.getTypeOfSymbol(member));
  const all = [type, ...methods]
    .flatMap((one) => one.getCallSignatures())
    .flatMap((signature) => signature.parameters.map((p) => checker.getTypeOfSymbol(p)))
    .flatMap((parameter) => elementsOf(parameter, checker))
    .map((parameter) => checker.getNonNullableType(parameter))
    .filter((parameter) => namesOf(parameter).some(isOptions))
    .flatMap((parameter) => readOptions(parameter, checker));
  return [...new Map(all.map((option) => [option.name, option])).values()];
}

/** Returns the types in a rest parameter `...rest: [A, B]`, or the type itself. */
const elementsOf = (type: ts.Type, checker: ts.TypeChecker): readonly ts.Type[] =>
  checker.isTupleType(type) ? checker.getTypeArguments(type as ts.TypeReference) : [type];

/** Returns the symbols of a type: its own, or those of the parts of a union or an intersection. */
const namesOf = (type: ts.Type): (ts.Symbol | undefined)[] =>
  type.isUnionOrIntersection() ? type.types.flatMap(namesOf) : [type.symbol, type.aliasSymbol];

function readOptions(type: ts.Type, checker: ts.TypeChecker): ApiOption[] {
  return type.getProperties().map((property) => {
    const parts = checker.getNonNullableType(checker.getTypeOfSymbol(property));
    const alternatives = parts.isUnion() ? parts.types : [parts];
    return {
      name: property.name,
      about: aboutOf(property, checker),
      words: alternatives.flatMap((each) => (each.isStringLiteral() ? [each.value] : [])),
    };
  });
}

/** Returns the first paragraph of a doc comment. */
function aboutOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  return text.split("\n\n")[0].replace(/\s+/g, " ");
}
