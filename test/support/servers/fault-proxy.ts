/** A TCP proxy that breaks connections in chosen ways. It knows nothing of HTTP. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

export interface FaultRule {
  /** Reset every new connection. */
  readonly refuse?: boolean;
  /** Reset the first so many connections after the rule was set. */
  readonly failFirst?: number;
  /** Reset a connection once so many bytes went through. */
  readonly resetAfter?: number;
  /** Pass on no more than so many bytes, and keep the connection open. */
  readonly stallAfter?: number;
  /** Bytes a second, per connection, in drops: never silent for long. */
  readonly rate?: number;
  /** Flip all bits of the byte at this place of every connection. */
  readonly corruptAt?: number;
  /** Hold back every chunk for so many milliseconds. */
  readonly delayMs?: number;
  /** Which bytes the rule counts: from the server (`down`, if not said) or to it (`up`). */
  readonly direction?: 'down' | 'up';
  /** After so many connections the rule no longer applies. */
  readonly onlyFirst?: number;
}

export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** The rule for connections made from now on; counts begin anew. */
  setRule(rule: FaultRule): void;
  /** Connections since the rule was set. */
  connections(): number;
  stop(): Promise<void>;
}

/** Starts the proxy on a free loopback port in front of another loopback port. */
export async function startFaultProxy(targetPort: number, rule: FaultRule = {}): Promise<FaultProxy> {
  let current = rule;
  let count = 0;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    count += 1;
    open.add(client);
    client.once('close', () => open.delete(client));
    // A reset is what we are here for; every other error ends the connection as well.
    client.on('error', () => undefined);
    if (current.refuse === true || count <= (current.failFirst ?? 0)) {
      client.resetAndDestroy();
      return;
    }
    serve(client, targetPort, count > (current.onlyFirst ?? Infinity) ? {} : current);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };
  const { port } = server.address() as AddressInfo;
  return {
    port,
    host: `127.0.0.1:${port}`,
    setRule: (next) => {
      current = next;
      count = 0;
    },
    connections: () => count,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function serve(client: Socket, targetPort: number, rule: FaultRule): void {
  const server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
  server.on('error', () => client.resetAndDestroy());
  client.once('close', () => server.destroy());
  const reset = (): void => {
    client.resetAndDestroy();
    server.destroy();
  };
  const faulty = rule.direction ?? 'down';
  transfer(server, client, faulty === 'down' ? rule : {}, reset).catch(reset);
  transfer(client, server, faulty === 'up' ? rule : {}, reset).catch(reset);
}

async function transfer(from: Socket, to: Socket, rule: FaultRule, reset: () => void): Promise<void> {
  let passed = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    if (rule.delayMs !== undefined) await pause(rule.delayMs);
    const at = (rule.corruptAt ?? -1) - passed;
    if (at >= 0 && at < chunk.length) chunk[at] = chunk[at]! ^ 0xff;
    const limit = Math.min(rule.resetAfter ?? Infinity, rule.stallAfter ?? Infinity) - passed;
    if (chunk.length >= limit) {
      await new Promise((resolve) => to.write(chunk.subarray(0, limit), resolve));
      if (rule.resetAfter !== passed + limit) await once(to, 'close');
      // A reset throws away what was not read yet.
      else if (rule.direction === 'up') reset();
      else await pause(readingTime).finally(reset);
      return;
    }
    passed += chunk.length;
    if (rule.rate === undefined) await write(to, chunk);
    else await drip(to, chunk, rule.rate);
  }
  to.end();
}

/** Milliseconds in which a client reads what has come. */
const readingTime = 50;

/** Milliseconds between two drops. */
const drop = 50;

async function drip(to: Socket, chunk: Buffer, rate: number): Promise<void> {
  const size = Math.max(1, Math.ceil((rate * drop) / 1000));
  for (let at = 0; at < chunk.length && !to.destroyed; at += size) {
    const piece = chunk.subarray(at, at + size);
    await pause((piece.length / rate) * 1000);
    await write(to, piece);
  }
}

async function write(to: Socket, chunk: Buffer): Promise<void> {
  if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
}
