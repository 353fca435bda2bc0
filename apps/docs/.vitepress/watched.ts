/**
 * Returns the files whose changes reload data while the site is written. A build needs none of them, and VitePress would
 * look for them in all dependencies of the packages.
 */
export function watched(...files: string[]): string[] | undefined {
  return process.env.NODE_ENV === "production" ? undefined : files;
}
