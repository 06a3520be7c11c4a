import { closeSync, writev } from 'node:fs';

/** Writes of large files that go on while the next bytes come. One file after the other, in order. */
export interface FileQueue<File extends QueuedFile> {
  begin(file: File): void;
  /** To the file begun last. The chunk is kept until it is written. */
  write(chunk: Buffer): void;
  /** After its last chunk: `settle` is called with the file complete and still open, then it is closed. */
  end(): void;
  /** What to wait for before more is added; `undefined` while there is room. Rejects once a write failed. */
  full(): Promise<void> | undefined;
  /** All is written and closed. */
  idle(): Promise<void>;
  /** Closes what is open, whatever became of it. */
  close(): Promise<void>;
}

export interface QueuedFile {
  readonly descriptor: number;
  settle(): void;
}

/** Bytes that may wait. */
const room = 8 << 20;
/** Chunks in one call; the kernel takes twice as many. */
const mostChunks = 512;

interface Job<File> {
  readonly file: File;
  readonly chunks: Buffer[];
  ended: boolean;
}

interface State<File> {
  readonly jobs: Job<File>[];
  waiting: number;
  failure?: { readonly error: unknown };
  running?: Promise<void> | undefined;
  roomy?: PromiseWithResolvers<void>;
}

/** `explain` makes a problem of a failed write. */
export function fileQueue<File extends QueuedFile>(explain: (file: File, error: unknown) => unknown): FileQueue<File> {
  const state: State<File> = { jobs: [], waiting: 0 };
  const { jobs } = state;
  const start = (): void => {
    state.running ??= pump(state)
      .catch((error: unknown) => {
        state.failure = { error: explain(jobs[0]!.file, error) };
        state.roomy?.resolve();
      })
      .finally(() => {
        state.running = undefined;
        // What came while the last promise settled.
        if (!state.failure && isReady(jobs[0])) start();
      });
  };
  const throwFailure = (): void => {
    if (state.failure) throw state.failure.error;
  };
  const settled = async (): Promise<void> => {
    while (state.running) await state.running;
  };
  return {
    begin: (file) => void jobs.push({ file, chunks: [], ended: false }),
    write(chunk) {
      jobs.at(-1)!.chunks.push(chunk);
      state.waiting += chunk.length;
      start();
    },
    end() {
      jobs.at(-1)!.ended = true;
      start();
    },
    full() {
      throwFailure();
      if (state.waiting < room) return undefined;
      state.roomy = Promise.withResolvers();
      return state.roomy.promise.then(throwFailure);
    },
    async idle() {
      await settled();
      throwFailure();
    },
    async close() {
      state.failure ??= { error: new Error('the queue was closed') };
      await settled();
      for (const { file } of jobs.splice(0)) closeSync(file.descriptor);
    },
  };
}

const isReady = (job: Job<unknown> | undefined): boolean => job !== undefined && (job.chunks.length > 0 || job.ended);

/** Writes until there is nothing to do. */
async function pump<File extends QueuedFile>(state: State<File>): Promise<void> {
  const { jobs } = state;
  for (let job = jobs[0]; job && isReady(job) && !state.failure; job = jobs[0]) {
    if (job.chunks.length > 0) {
      state.waiting -= await writeAll(job.file.descriptor, job.chunks.splice(0, mostChunks));
      if (state.waiting < room / 2) state.roomy?.resolve();
    } else {
      job.file.settle();
      closeSync(job.file.descriptor);
      jobs.shift();
    }
  }
}

/** Returns how many bytes that were. */
async function writeAll(descriptor: number, chunks: Buffer[]): Promise<number> {
  let total = 0;
  for (let left = chunks; left.length > 0;) {
    const written = await writeSome(descriptor, left);
    total += written;
    left = after(left, written);
  }
  return total;
}

const writeSome = (descriptor: number, chunks: readonly Buffer[]): Promise<number> =>
  new Promise((resolve, reject) => {
    writev(descriptor, chunks, (error, written) => (error ? reject(error) : resolve(written)));
  });

/** What is left when only so many bytes went out. */
function after(chunks: readonly Buffer[], written: number): Buffer[] {
  let skip = written;
  const left: Buffer[] = [];
  for (const chunk of chunks) {
    if (skip >= chunk.length) skip -= chunk.length;
    else {
      left.push(skip > 0 ? chunk.subarray(skip) : chunk);
      skip = 0;
    }
  }
  return left;
}
