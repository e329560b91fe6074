/**
 * Ports for tests that must know them before anybody listens.
 * @module
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports that are free now, below the range from which the system takes ports for outgoing connections. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = [];
  while (servers.length < count) {
    const server = createServer();
    server.listen({ host: '127.0.0.1', port: randomInt(10_000, 32_000), exclusive: true });
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      new Promise((resolve) => server.once('error', () => resolve(false))),
    ]);
    if (isFree === true) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
