import type { Loss, Own } from "./defineLoss.ts";
import { type ClassLossDefinition, classLoss } from "./driver/classLoss.ts";
import type { ClassLossOptions } from "./driver/options.ts";
import type { ClassTarget } from "./driver/target.ts";

/** `defineLoss` for class losses alone: a bundle of one then holds no driver of the other kinds. */
export function defineClassLoss<Options extends ClassLossOptions = ClassLossOptions>(
  definition: ClassLossDefinition<Own<Options, ClassLossOptions>>,
): Loss<[target: ClassTarget], Options> {
  return classLoss(definition) as unknown as Loss<[target: ClassTarget], Options>;
}
