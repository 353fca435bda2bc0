import type { ExplorerState } from "./address.ts";
import type { Field } from "./controls.ts";
import { linesOver, spread } from "./curve.ts";
import type { Subject } from "./subject.ts";
import { valueAt } from "./values.ts";
import type { Chart } from "./view.ts";

interface TitledFields {
  readonly title: string;
  readonly fields: readonly Field[];
}

/** The number of positions at which the curve is computed. */
const positions = 81;

/** Returns the curve over the number that was moved last, or over the first one. */
export function curveOf(
  subject: Subject,
  { settings, moved }: ExplorerState,
  panels: readonly TitledFields[],
): Chart | undefined {
  const sliders = panels.flatMap(({ title, fields }) =>
    fields.filter((field) => field.is === "slider").map((field) => ({ ...field, panel: title })),
  );
  const key = JSON.stringify(moved);
  const at = ({ element }: Field) => valueAt(settings.args[element.argument], element.path);
  const field =
    sliders.find((one) => JSON.stringify(one.element) === key && Number.isFinite(at(one))) ??
    sliders.find((one) => Number.isFinite(at(one)));
  if (field === undefined) return undefined;
  const x = at(field);
  const range = [Math.min(field.range[0], x), Math.max(field.range[1], x)] as const;
  const lines = (over: readonly number[]) => linesOver(subject, settings, field.element, over);
  const isAmongPanels = field.panel !== "Numbers" && field.panel !== field.label;
  const xLabel = isAmongPanels ? `${field.panel}, ${field.label}` : field.label;
  const drawn = lines(spread(range, positions));
  return {
    is: "curve",
    title: `While one number changes: ${xLabel}`,
    lines: drawn,
    range,
    at: { x, values: lines([x]).map(({ values }) => values[0]) },
    xLabel,
    yLabel:
      subject.api.kind === "function"
        ? subject.api.name
        : drawn.map(({ label }) => label).join(", "),
  };
}
