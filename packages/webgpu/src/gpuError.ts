/** The error of a GPU that is missing, lost, out of memory, or that refuses a command. */
export class GpuError extends Error {
  override readonly name = "GpuError";
}
