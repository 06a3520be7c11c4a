/** One pool of connections per host, retries left to the caller. */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
  readonly tls?: TlsOptions;
  readonly signal?: AbortSignal;
  /** 0: the caller handles 3xx itself. Credentials never follow to another origin. */
  readonly redirects?: number;
  /**
   * A GET whose answer is large: it comes over a connection of its own, in pieces of up to a megabyte, each of which is
   * only good until the next one is asked for.
   */
  readonly bulk?: boolean;
  /** Milliseconds without a byte until the request is given up. */
  readonly idleTimeout?: number;
}

export interface TlsOptions {
  /** PEM; added to the system's. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; several values joined with `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The URL that answered, after redirects. */
  readonly url: URL;
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body as text; refuses more than `limit` bytes (default 4 MiB). */
  text(limit?: number): Promise<string>;
  bytes(limit?: number): Promise<Uint8Array>;
  /** Reads and throws away, so that the connection is free again. */
  discard(): Promise<void>;
}
