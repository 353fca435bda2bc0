import {
  boolean,
  integer,
  numeric,
  type OptionSchemas,
  picklist,
  unknown,
} from "@surprisal/core/authoring";
import { type ParsedLossOptions, rowSchemas } from "./optionSchemas.ts";

/** Parsed options of a class loss. */
export interface ParsedClassOptions extends ParsedLossOptions {
  axis: number;
  weight: unknown;
  ignoreIndex: number;
  labelSmoothing: number;
  skipMasked: boolean;
  whenEmpty: "nan" | "zero";
}

export const classSchemas: OptionSchemas<ParsedClassOptions> = {
  ...rowSchemas,
  weight: { ...unknown<unknown>(), otherNames: /^classweight$/ },
  ignoreIndex: integer(-100),
  labelSmoothing: numeric(0, "a number from 0 to 1", (e) => e >= 0 && e <= 1),
  skipMasked: boolean(false),
  whenEmpty: picklist("nan", "zero"),
};
