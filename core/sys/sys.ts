import { problem } from '../base/errors.ts';
import { openCredentials, type Credentials } from './credentials.ts';
import { openMounts, type Mounts } from './mounts.ts';
import { openNamespaces, type Namespaces } from './namespaces.ts';
import { loadNative, type Native } from './native.ts';
import { openNodes, type Nodes } from './nodes.ts';
import { openProcessControl, type ProcessControl } from './process-control.ts';
import { syscallNumbers } from './syscall-numbers.ts';
import { openXattrs, type Xattrs } from './xattrs.ts';

/** Everything of the kernel that Node has no function for. All calls return at once. */
export interface Sys {
  readonly xattrs: Xattrs;
  readonly nodes: Nodes;
  readonly mounts: Mounts;
  readonly namespaces: Namespaces;
  readonly credentials: Credentials;
  readonly process: ProcessControl;
}

/** Loads what makes system calls possible: once in a thread, as it costs some milliseconds. */
export async function loadSys(): Promise<Sys> {
  const numbers = syscallNumbers();
  if (!numbers) throw problem('SYSTEM_CALLS_UNAVAILABLE', { reason: 'the numbers of this architecture are not known' });
  const native = await loadNative().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw problem('SYSTEM_CALLS_UNAVAILABLE', { reason }, {}, { cause: error });
  });
  return {
    ...openFileCalls(native),
    mounts: openMounts(native),
    namespaces: openNamespaces(native, numbers),
    credentials: openCredentials(native, numbers),
    process: openProcessControl(native),
  };
}

/** What files of a layer need: the part of `Sys` that unpacking and walking use. */
export type FileCalls = Pick<Sys, 'xattrs' | 'nodes'>;

const openFileCalls = (native: Native): FileCalls => ({ xattrs: openXattrs(native), nodes: openNodes(native) });
