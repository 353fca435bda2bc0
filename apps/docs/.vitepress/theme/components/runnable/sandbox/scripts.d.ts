/** A module and its imports, bundled into one classic script, as text. */
declare module "*?script" {
  const text: string;
  export default text;
}
