/** The modules that programs may import, by name. */
export type Modules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Returns the function that imports call: it returns a module, if that has the imported names. */
export function importer(modules: Modules) {
  return (name: string, imported: readonly string[]): Readonly<Record<string, unknown>> => {
    if (!Object.hasOwn(modules, name)) {
      const known = Object.keys(modules).join(", ");
      throw new Error(`Only ${known} can be imported here, not "${name}".`);
    }
    const module = modules[name];
    for (const each of imported) {
      if (!(each in module)) throw new Error(`"${name}" does not export ${each}.`);
    }
    return module;
  };
}
