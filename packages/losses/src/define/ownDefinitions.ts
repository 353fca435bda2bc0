import type { ElementLossDefinition } from "./elementDefinition.ts";
import type { RowLossDefinition } from "./rowLoss.ts";

type OwnDefinition = ElementLossDefinition<never> | RowLossDefinition<never>;

/** The definitions of this package's losses of elements and vectors, from which workers compute their part. */
const ownDefinitions = /* @__PURE__ */ new WeakMap<object, OwnDefinition>();

/** Notes that a loss is one of this package. */
export function setOwnDefinition(loss: object, definition: OwnDefinition): void {
  ownDefinitions.set(loss, definition);
}

/** Returns the definition of a loss of elements or vectors of this package. */
export function ownDefinitionOf(loss: object): OwnDefinition | undefined {
  return ownDefinitions.get(loss);
}
