import { rm } from 'node:fs/promises';
import {
  isArchiveDamage,
  toUtf8,
  type BuildContext,
  type ContextRequest,
  type HostPath,
  type Json,
  type KeptTree,
  type TreeDraft,
  type World,
} from '../../core/index.ts';
import { usualLimits, type ArchiveLimits } from './archive-limits.ts';
import { archivePart, WholeNeeded, type ArchivePart } from './archive-part.ts';
import { arrivalProgress } from './arrival-progress.ts';
import { problem } from './archive-problems.ts';
import { judgedBytes } from './judged-bytes.ts';
import { unpackInto } from './unpack-into.ts';

/** Bytes that came as a context: a tar, packed or not, or the text of a Dockerfile. Which, their content tells. */
export interface SentContext {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Each chunk is only good until the next one is asked for. */
  readonly lent?: boolean;
  /** They end with a problem of the source's where they were not the ones that were promised. */
  readonly vouched?: boolean;
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
   * bytes ended with `ChangedMeanwhile`, or where a part of the archive was not enough.
   */
  send(known: Json | undefined): Promise<SentContext | 'unchanged'>;
  /** What is sent cannot be sent again. */
  readonly once?: boolean;
  readonly limits?: ArchiveLimits;
}

/** Thrown in mid-stream by a source whose bytes are no longer those it began with: everything is fetched anew. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/** How often bytes may change while they are read. */
const mostChanges = 2;

type Request = Pick<ContextRequest, 'kept' | 'subdirectory'>;

/**
 * Makes a context of what a source sends: a tar is unpacked as it comes, within the limits that hold for all archives;
 * text is a Dockerfile alone. What is kept of an earlier build, and did not change, is taken as it is. Of an archive
 * only the part that was asked for is written. Progress is told here, and everything that is wrong with the bytes.
 */
export async function contextFromArchive(origin: ContextOrigin, request: Request, world: World): Promise<BuildContext> {
  let part = origin.once ? undefined : archivePart(request.subdirectory);
  const known = await findKept(origin, request, part);
  let facts = known?.facts.source;
  for (let changes = 0; ;) {
    const sent = await origin.send(facts);
    if (sent === 'unchanged') return contextOf(origin, known!.root, known!.facts);
    facts = undefined;
    const kept = sent.facts && origin.key !== undefined ? request.kept : undefined;
    const draft = (await kept?.begin(keyOf(origin, part))) ?? (await temporary(world));
    try {
      return await receive(origin, sent, draft, part, world);
    } catch (error) {
      await draft.abandon();
      if (error instanceof WholeNeeded) part = undefined;
      else if (!(error instanceof ChangedMeanwhile)) throw error;
      else if (++changes > mostChanges)
        throw problem('UNSTEADY', { from: origin.label, reason: error.message }, {}, { cause: error });
    }
  }
}

type Draft = Pick<TreeDraft, 'root' | 'abandon'> & Partial<TreeDraft>;

async function receive(
  origin: ContextOrigin,
  sent: SentContext,
  draft: Draft,
  part: ArchivePart | undefined,
  world: World,
): Promise<BuildContext> {
  const { label, limits = usualLimits } = origin;
  const progress = arrivalProgress(label, sent.size, world.report);
  await using judged = judgedBytes(sent.bytes);
  try {
    const arrival = {
      bytes: judged.bytes,
      label,
      limits,
      seen: progress.advance,
      lent: sent.lent === true,
      ...(part && { part }),
    };
    const { bytes, ...about } = await unpackInto(draft.root, arrival, world);
    const facts = { ...about, ...(sent.revision !== undefined && { revision: sent.revision }) };
    if (!draft.keep || !sent.facts) return contextOf(origin, draft.root, facts);
    const tree = await draft.keep({ ...facts, source: sent.facts() }, bytes);
    return contextOf(origin, tree.root, facts);
  } catch (error) {
    if (sent.vouched && isArchiveDamage(error)) await judged.judge();
    throw error;
  } finally {
    progress.end();
  }
}

/** What the store remembers with a tree. */
interface Facts {
  readonly source?: Json;
  readonly dockerfile?: string;
  readonly revision?: string;
}

const keyOf = ({ key }: ContextOrigin, part: ArchivePart | undefined): string =>
  `archive ${key}${part ? ` part ${toUtf8(part.path)}` : ''}`;

/** The whole of it where that is kept, or else the part. */
async function findKept(origin: ContextOrigin, { kept }: Request, part: ArchivePart | undefined) {
  if (!kept || origin.key === undefined) return undefined;
  const tree: KeptTree | undefined =
    (await kept.find(keyOf(origin, undefined))) ?? (part && (await kept.find(keyOf(origin, part))));
  return tree && { root: tree.root, facts: tree.facts as Facts };
}

async function temporary(world: World): Promise<Draft> {
  const root = await world.tempDir('context');
  return { root, abandon: () => rm(root, { recursive: true, force: true }) };
}

const contextOf = ({ label }: ContextOrigin, root: HostPath, { dockerfile, revision }: Facts): BuildContext => ({
  root,
  label,
  ...(dockerfile !== undefined && { dockerfile }),
  ...(revision !== undefined && { revision }),
  async [Symbol.asyncDispose]() {},
});
