/** A module bundled with all that it imports into one classic script, as text. */
declare module "*?script" {
  const text: string;
  export default text;
}
