/** Returns whether each filter occurs in one of the names, in upper or lower case. */
export function matches(filters: readonly string[], names: readonly string[]): boolean {
  const label = names.join(" | ").toLowerCase();
  return filters.every((filter) => label.includes(filter.toLowerCase()));
}
