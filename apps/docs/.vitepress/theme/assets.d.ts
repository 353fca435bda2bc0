/** The address of a file that is served beside the pages. */
declare module "*?url" {
  const address: string;
  export default address;
}
