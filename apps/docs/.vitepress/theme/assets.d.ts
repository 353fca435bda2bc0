/** The URL of a file that is served with the pages. */
declare module "*?url" {
  const address: string;
  export default address;
}
