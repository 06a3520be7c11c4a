import { rmSync } from 'node:fs';
import type { Nodes } from '../sys/nodes.ts';
import type { DeletionMarks } from './unpack-marks.ts';
import type { UpperChanges } from './upper-changes.ts';

/** Makes an upper directory what unpacking its layer would give, so that it can stand in for it. */
export function settleUpper(changes: UpperChanges, marks: DeletionMarks, nodes: Nodes): void {
  for (const { at } of changes.unwanted) rmSync(at, { recursive: true, force: true });
  for (const { at } of changes.falselyOpaque) marks.clearOpaque(at);
  for (const { at, mtime } of changes.times) nodes.setModified(at, mtime);
}
