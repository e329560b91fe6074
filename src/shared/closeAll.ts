/**
 * Closing what was opened, in the opposite order, all of it.
 * @module
 */

/**
 * Runs what is left in `opened`, the last first, also where one of them fails; then throws the first failure. What was run is
 * taken out, so calling it again closes nothing twice.
 */
export async function closeAll(opened: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of opened.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
