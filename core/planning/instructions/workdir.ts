import { fromUtf8 } from '../../base/bytes.ts';
import type { ImagePath } from '../../base/brand.ts';
import { resolvePath, rootPath } from '../../base/image-path.ts';
import type { LineInstruction } from '../../dockerfile/index.ts';
import { expand, expandTitle, remark } from '../expand.ts';
import { addStep, workdirOf, type StageDraft } from '../stage-draft.ts';
import { systemPath, unixPath } from '../system-path.ts';

/** Absolute replaces, relative joins; the directory is made where it is missing, and belongs to the USER in force. */
export function planWorkdir(draft: StageDraft, it: LineInstruction): void {
  const { os } = draft.platform;
  const written = unixPath(expand(draft, it, it.value), os);
  if (!draft.workdirSet && !written.startsWith('/')) {
    const message = `Relative workdir "${written}" can have unexpected results if the base image changes`;
    remark(draft, it, 'WorkdirRelativePath', message);
  }
  draft.workdirSet = true;
  const path = resolvePath(unixPath(workdirOf(draft), os) as ImagePath, written);
  draft.config = { ...draft.config, workingDir: systemPath(path, os) };
  const owner = draft.config.user ?? '';
  const root = path === rootPath;
  const bytes = fromUtf8(path) as string as ImagePath;
  addStep(draft, it, {
    action: root ? { kind: 'config' } : { kind: 'workdir', path: bytes, owner },
    createdBy: `WORKDIR ${path}`,
    asked: root
      ? []
      : [
          ['instruction', 'WORKDIR'],
          ['path', path],
          ['owner', owner],
        ],
    title: draft.titles[root ? 'plain' : 'counted'](expandTitle(draft, it), draft.trigger),
  });
}
