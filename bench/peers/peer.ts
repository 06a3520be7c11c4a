/** A builder under measurement. */
export interface Peer {
  readonly name: 'strake' | 'buildah';
  /** What was measured, for the record. */
  version(): Promise<string>;
  /** An empty store in a directory of its own. */
  openStore(directory: string): Promise<PeerStore>;
}

export interface PeerStore {
  /** A program that builds and pushes. */
  build(request: BuildRequest): Command;
  /** Programs after which the base lies in the store, and no step of the workload in its cache. */
  takeIn(base: string, scratch: string): Promise<readonly Command[]>;
}

export interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface BuildRequest {
  readonly context: string;
  readonly dockerfile: string;
  /** `HOST/NAME:TAG`: where the image is pushed. */
  readonly destination: string;
  /** Carry out every step, whatever is cached. */
  readonly noCache?: boolean;
}
