import measurements from "../../../../../corpus/measurements.json" with { type: "json" };

export { measurements };
