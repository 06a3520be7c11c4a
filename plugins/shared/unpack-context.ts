import { rm } from 'node:fs/promises';
import type { BuildContext, ContextRequest, Json, KeptTree, TreeDraft, World } from '../../core/index.ts';
import { unpackInto } from './unpack-into.ts';

/** Bytes that came as a context: a tar, packed or not, or the text of a Dockerfile. Which, their content tells. */
export interface SentContext {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** How many there are, where that is known. */
  readonly size?: number;
  /**
   * What the source knows them by: an ETag, a date. Asked for once the last byte was read, and handed to `send` by the
   * next build. Absent: nothing is kept.
   */
  readonly facts?: () => Json;
  /** A version, for people. */
  readonly revision?: string;
}

/** Where bytes come from that become a context. */
export interface ContextOrigin {
  /** For people: `the context https://host/app.tar.gz`. Nothing secret is in it. */
  readonly label: string;
  /** The same text is the same place in every build; absent: nothing is kept. No passwords, no signatures. */
  readonly key?: string;
  /**
   * Begins to send. With the facts of what is kept it may answer `unchanged` instead. Called anew, without facts, after
   * bytes ended with `ChangedMeanwhile`.
   */
  send(known: Json | undefined): Promise<SentContext | 'unchanged'>;
}

/** Thrown in mid-stream by a source whose bytes are no longer those it began with: everything is fetched anew. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/** How often bytes may change while they are read. */
const attempts = 3;

/**
 * Makes a context of what a source sends: a tar is unpacked as it comes, within the limits that hold for all archives;
 * text is a Dockerfile alone. What is kept of an earlier build, and did not change, is taken as it is. Progress is told
 * here, and everything that is wrong with the bytes.
 */
export async function contextFromArchive(
  origin: ContextOrigin,
  request: Pick<ContextRequest, 'kept' | 'subdirectory'>,
  world: World,
): Promise<BuildContext> {
  const { label } = origin;
  const kept = origin.key === undefined ? undefined : request.kept;
  const key = `archive ${origin.key}`;
  const known = await kept?.find(key);
  for (let attempt = 1; ; attempt++) {
    const sent = await origin.send(attempt === 1 ? factsOf(known)?.source : undefined);
    if (sent === 'unchanged') return contextOf(label, known!.root, factsOf(known)!);
    const draft = (sent.facts && (await kept?.begin(key))) ?? (await temporary(world));
    try {
      const { bytes, ...about } = await unpackInto(draft.root, { ...sent, label }, world);
      const facts = { ...about, ...(sent.revision !== undefined && { revision: sent.revision }) };
      const tree = draft.keep && (await draft.keep({ ...facts, source: sent.facts!() }, bytes));
      return contextOf(label, tree?.root ?? draft.root, facts);
    } catch (error) {
      await draft.abandon();
      if (!(error instanceof ChangedMeanwhile) || attempt === attempts) throw error;
    }
  }
}

/** What the store remembers with a tree. */
interface Facts {
  readonly source?: Json;
  readonly dockerfile?: string;
  readonly revision?: string;
}

const factsOf = (tree: KeptTree | undefined): Facts | undefined => tree?.facts as Facts | undefined;

async function temporary(world: World): Promise<Omit<TreeDraft, 'keep'> & { keep?: undefined }> {
  const root = await world.tempDir('context');
  return { root, abandon: () => rm(root, { recursive: true, force: true }) };
}

const contextOf = (label: string, root: BuildContext['root'], { dockerfile, revision }: Facts): BuildContext => ({
  root,
  label,
  ...(dockerfile !== undefined && { dockerfile }),
  ...(revision !== undefined && { revision }),
  async [Symbol.asyncDispose]() {},
});
