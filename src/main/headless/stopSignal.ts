/**
 * Waiting to be told to stop, by the terminal or by whoever started the program.
 * @module
 */

/** Resolves at the first SIGINT, SIGTERM or SIGHUP. */
export async function stopSignal(): Promise<void> {
  const stopped = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => stopped.resolve(undefined));
  await stopped.promise;
}
