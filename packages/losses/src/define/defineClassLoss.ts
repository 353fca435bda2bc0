import { type ClassLossDefinition, classLoss } from "./classLoss.ts";
import type { Loss, LossSpecificOptions } from "./defineLoss.ts";
import type { ClassLossOptions } from "./options.ts";
import type { ClassTarget } from "./target.ts";

/** `defineLoss` for class losses alone: a bundle of one then holds no driver of the other kinds. */
export function defineClassLoss<Options extends ClassLossOptions = ClassLossOptions>(
  definition: ClassLossDefinition<LossSpecificOptions<Options, ClassLossOptions>>,
): Loss<[target: ClassTarget], Options> {
  return classLoss(definition) as unknown as Loss<[target: ClassTarget], Options>;
}
