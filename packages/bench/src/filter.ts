/** Whether all of the texts that are asked for occur among the names, upper or lower case. */
export function matches(filters: readonly string[], names: readonly string[]): boolean {
  const label = names.join(" | ").toLowerCase();
  return filters.every((filter) => label.includes(filter.toLowerCase()));
}
