import { connect as connectPlain, isIP, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { bulkInbox } from './bulk-inbox.ts';

/** A connection whose bytes come in pieces of up to a megabyte. */
export interface BulkConnection {
  write(text: string): void;
  /** Good until the next call. `undefined` at the end; rejects with what ended the connection before. */
  next(): Promise<Buffer | undefined>;
  /** Ends it at once. */
  destroy(): void;
}

export interface BulkOptions {
  /** Of an https URL. */
  readonly tls?: Pick<ConnectionOptions, 'secureContext' | 'rejectUnauthorized'>;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** What undici would say, so that one table explains both. */
export const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

/**
 * Connects. Node hands most programs a buffer of 16 KB for each record of TLS, and what follows costs several times what
 * decrypting does; here reads fill memory that is ours.
 */
export async function openBulk(url: URL, options: BulkOptions): Promise<BulkConnection> {
  const { idleTimeout, connectTimeout, signal } = options;
  const inbox = bulkInbox();
  let isPaused = false;
  const callback = (count: number): boolean => {
    inbox.filled(count);
    if (inbox.hasRoom()) return true;
    isPaused = true;
    // The server is not to blame.
    socket.setTimeout(0);
    return false;
  };
  const socket = await dial(url, options, { buffer: inbox.room, callback });
  const abort = (): void => void socket.destroy(signal!.reason as Error);
  socket.setTimeout(connectTimeout, () => {
    const code = socket.connecting ? 'UND_ERR_CONNECT_TIMEOUT' : 'UND_ERR_BODY_TIMEOUT';
    socket.destroy(failure(code, 'nothing came'));
  });
  socket.once(options.tls ? 'secureConnect' : 'connect', () => socket.setTimeout(idleTimeout));
  socket.on('error', inbox.end);
  socket.once('end', () => inbox.end());
  socket.once('close', () => {
    signal?.removeEventListener('abort', abort);
    inbox.end();
  });
  signal?.addEventListener('abort', abort, { once: true });
  const goOn = (): void => {
    if (!isPaused || !inbox.isEmptying()) return;
    isPaused = false;
    socket.setTimeout(idleTimeout);
    socket.resume();
  };
  return {
    write: (text) => void socket.write(text, 'latin1'),
    next: () => inbox.next(goOn),
    destroy: () => void socket.destroy(),
  };
}

interface OnRead {
  buffer(): Buffer;
  callback(count: number): boolean;
}

async function dial({ hostname, port, protocol }: URL, { tls }: BulkOptions, onread: OnRead): Promise<Socket> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const place = { host, port: Number(port || (protocol === 'https:' ? 443 : 80)), onread };
  if (!tls) return connectPlain(place);
  const { connect } = await import('node:tls');
  const name = isIP(host) === 0 ? { servername: host } : {};
  return connect({ ...place, ...name, ...tls, ALPNProtocols: ['http/1.1'] });
}
