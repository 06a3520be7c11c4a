/** COPY and ADD in one line, from trees in memory: `*.txt docs -> /app/ --chown=1:2`. */
import type { Content, PackEntry } from '../../../core/archive/entry.ts';
import type { ImagePath } from '../../../core/base/brand.ts';
import { fromUtf8, toUtf8 } from '../../../core/base/bytes.ts';
import { normalise } from '../../../core/base/image-path.ts';
import type { CopyAction, ContextId, InlineFile } from '../../../core/contract/model.ts';
import { accountsOf, type Accounts } from '../../../core/rootfs/accounts.ts';
import { composeCopy } from '../../../core/rootfs/compose-copy.ts';
import { openContent } from '../../../core/rootfs/content.ts';
import { layerTree } from '../../../core/rootfs/layer-tree.ts';
import type { MergedView } from '../../../core/rootfs/merged-view.ts';
import { select } from '../../../core/rootfs/select-sources.ts';
import type { SourceTree } from '../../../core/rootfs/source-tree.ts';
import { contentFrom, image, layer, show } from './layers.ts';

const nowhere = { source: { name: 'Dockerfile', text: 'COPY' }, start: 0, end: 4 };

export interface CopyExtras {
  readonly unpack?: boolean;
  readonly inline?: readonly InlineFile[];
}

export function action(line: string, { unpack = false, inline = [] }: CopyExtras = {}): CopyAction {
  const words = line.trim().split(/\s+/);
  const flag = (name: string): string | undefined =>
    words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const plain = words.filter((word) => !word.startsWith('--'));
  const arrow = plain.indexOf('->');
  const sources = plain.slice(0, arrow);
  const destination = plain[arrow + 1]!;
  const [owner, mode] = [flag('chown'), flag('chmod')];
  return {
    origin: { kind: 'context', context: 'test' as ContextId, label: 'the context' },
    sources: sources.map((pattern) => ({ pattern: fromUtf8(pattern.replace(/^\/+/, '')), at: nowhere })),
    inline,
    destination: normalise(fromUtf8(destination)),
    intoDirectory: destination.endsWith('/') || sources.length + inline.length > 1,
    ...(owner !== undefined && { owner }),
    ...(mode !== undefined && { mode }),
    link: words.includes('--link'),
    unpack,
  };
}

/** A tree in memory; contents are what stands in the lines. */
export function tree(lines: readonly string[], contents: Readonly<Record<string, Uint8Array>> = {}): SourceTree {
  const texts = new Map(lines.map((line) => [line.trim().split(/\s+/)[1]!, contentFrom(line)]));
  const contentOf = (_: number, path: ImagePath): Content => ({
    from: 'bytes',
    bytes: contents[path] ?? Buffer.from(texts.get(path) ?? ''),
  });
  return layerTree({ label: 'the context', indexes: [layer(lines)], contentOf });
}

/** The layer as lines; files with their content. */
export async function entriesOf(entries: Iterable<PackEntry> | AsyncIterable<PackEntry>): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of entries) {
    if (entry.type !== 'file') {
      lines.push(show(entry));
      continue;
    }
    const parts: Buffer[] = [];
    for await (const chunk of openContent(entry.content)) parts.push(Buffer.from(chunk));
    const content = Buffer.concat(parts);
    if (content.length !== entry.size) throw new Error(`${entry.path} has ${content.length} bytes, not ${entry.size}`);
    lines.push(`${show(entry)}${content.length > 0 ? ` "${toUtf8(content.toString('latin1'))}"` : ''}`);
  }
  return lines;
}

export interface CopyCase extends CopyExtras {
  readonly accounts?: Accounts;
}

/** Carries a COPY out and tells what its layer holds, or the code of the problem. */
export async function copied(
  line: string,
  from: SourceTree | readonly string[],
  onto: MergedView | readonly string[] = [],
  { accounts, ...extras }: CopyCase = {},
): Promise<string[] | string> {
  const source = Array.isArray(from) ? tree(from as readonly string[]) : (from as SourceTree);
  const base = Array.isArray(onto) ? image(onto as readonly string[]) : (onto as MergedView);
  const asked = action(line, extras);
  try {
    return await entriesOf(composeCopy(asked, select(asked, source), base, accounts ?? accountsOf(base.kept)));
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
}
