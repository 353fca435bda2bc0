/** What is of the wrong kind: `label` names the argument, `must` says what it must do, `got` what it is. */
export function typeError(label: string, must: string, got: string): TypeError {
  return new TypeError(`${label} must ${must}, got ${got}.`);
}

/** What is of the right kind, but has the wrong value. */
export function rangeError(label: string, must: string, got: string): RangeError {
  return new RangeError(`${label} must ${must}, got ${got}.`);
}
