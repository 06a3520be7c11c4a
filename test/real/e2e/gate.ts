/** A server that holds back the first who asks: a RUN that waits for it is known to be in the middle. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Gate extends AsyncDisposable {
  readonly url: string;
  /** Resolves when somebody waits. */
  readonly reached: Promise<void>;
  /** From now on everybody gets an answer; those who wait do, too. */
  open(): void;
}

export async function startGate(): Promise<Gate> {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  let arrived = (): void => undefined;
  const reached = new Promise<void>((resolve) => (arrived = resolve));
  const server = createServer((_request, response) => {
    const answer = (): void => void response.end('through\n');
    arrived();
    if (isOpen) answer();
    else waiting.push(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    reached,
    open() {
      isOpen = true;
      for (const answer of waiting.splice(0)) answer();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
