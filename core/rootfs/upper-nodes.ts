import { lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import type { HostPath, ImagePath } from '../base/brand.ts';
import { compareBytes } from '../base/bytes.ts';
import { childOf, rootPath } from '../base/image-path.ts';
import { hostPaths, type FsPath } from './host-path.ts';

/** One path of an upper directory, as lstat says it. */
export interface UpperNode {
  readonly path: ImagePath;
  readonly at: FsPath;
  readonly stats: BigIntStats;
}

/**
 * Everything in an upper directory, the root included, by path. Nothing else runs in it any more. What `skips` says is
 * taken with all below it.
 */
export function upperNodes(
  upper: HostPath,
  skips: (path: ImagePath) => boolean,
): { nodes: UpperNode[]; skipped: UpperNode[] } {
  const host = hostPaths(upper);
  const nodes: UpperNode[] = [];
  const skipped: UpperNode[] = [];
  const visit = (path: ImagePath): void => {
    const at = host(path);
    const node = { path, at, stats: lstatSync(at, { bigint: true }) };
    if (skips(path)) {
      skipped.push(node);
      return;
    }
    nodes.push(node);
    if (node.stats.isDirectory()) for (const name of readdirSync(at, 'latin1')) visit(childOf(path, name));
  };
  visit(rootPath);
  nodes.sort((a, b) => compareBytes(a.path, b.path));
  return { nodes, skipped };
}

const second = 1_000_000_000n;

/** Whole seconds, rounded down also before 1970. */
export const wholeSeconds = (nanoseconds: bigint): number =>
  Number((nanoseconds - (((nanoseconds % second) + second) % second)) / second);

export const isWhole = (nanoseconds: bigint): boolean => nanoseconds % second === 0n;
