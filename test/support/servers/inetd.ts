/** A port of the loopback whose connections are each handed to a program, as inetd does: no port is ever guessed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { cleanEnv } from '../process.ts';

export interface InetdServer extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  connections(): number;
  /** What the programs said on standard error. */
  output(): string;
  stop(): Promise<void>;
}

export async function startInetd(argv: readonly string[], env: Record<string, string> = {}): Promise<InetdServer> {
  const [program = '', ...args] = argv;
  const running = new Set<ChildProcess>();
  let connections = 0;
  let output = '';
  const server = createServer({ pauseOnConnect: true }, (socket: Socket) => {
    connections += 1;
    const child = spawn(program, args, { env: cleanEnv(env), stdio: [socket, socket, 'pipe'] });
    child.stderr?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-100_000)));
    running.add(child);
    child.once('close', () => {
      running.delete(child);
      socket.destroy();
    });
    child.once('error', (error) => (output += String(error)));
    // The program has it now.
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    for (const child of running) child.kill('SIGKILL');
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    output: () => output,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
