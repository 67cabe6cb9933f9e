import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { DaemonRefusal } from './refusal.ts';

/** A cluster on one machine is reached from there only. */
export const loopback = '127.0.0.1';

/**
 * Ports that are kept: below those that systems hand out to calls (Linux from 32768, others from
 * 49152), or the port of a node that is down for a moment may be somebody's by the time it is back.
 */
const firstPort = 20_000;
const lastPort = 31_999;
const attempts = 200;

/** Whether nobody listens there now, over TCP and UDP. */
export async function isFree(host: string, port: number): Promise<boolean> {
  return (await isFreeTcp(host, port)) && (await isFreeUdp(host, port));
}

async function isFreeTcp(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false; // taken, or not ours to take
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

async function isFreeUdp(host: string, port: number): Promise<boolean> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind({ address: host, port, exclusive: true });
    await once(socket, 'listening');
    return true;
  } catch {
    return false; // as above
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

/**
 * `count` different free ports: those of `wanted` that are free, others for those that are not.
 * Throws {@link DaemonRefusal} (`unavailable`) when the machine seems to have none.
 */
export async function choosePorts(
  host: string,
  count: number,
  wanted: readonly number[],
): Promise<readonly number[]> {
  const chosen: number[] = [];
  for (let i = 0; i < count; i++) {
    const before = wanted[i];
    const keep = before && !chosen.includes(before) && (await isFree(host, before));
    chosen.push(keep ? before : await anyPort(host, [...chosen, ...wanted]));
  }
  return chosen;
}

async function anyPort(host: string, taken: readonly number[]): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(firstPort, lastPort + 1);
    if (!taken.includes(port) && (await isFree(host, port))) return port;
  }
  const range = `${firstPort} to ${lastPort}`;
  throw new DaemonRefusal('unavailable', `${host}: no free port found from ${range}`);
}

/** `count` ports from `first` on; throws {@link DaemonRefusal} naming those that are taken. */
export async function requirePorts(
  host: string,
  first: number,
  count: number,
): Promise<readonly number[]> {
  const ports = Array.from({ length: count }, (_, i) => first + i);
  const taken: number[] = [];
  for (const port of ports) {
    if (port > 65_535 || !(await isFree(host, port))) taken.push(port);
  }
  if (taken.length === 0) return ports;
  const needed = `${first} to ${first + count - 1}`;
  const found = `taken: ${taken.join(', ')}`;
  throw new DaemonRefusal('unavailable', `--http-port: needs ports ${needed} (${found})`);
}
