import { carryError } from '../base/carried-error.ts';
import { problem } from '../base/errors.ts';
import type { LocalIsolation } from './local-isolation.ts';
import type { LocalWorkspace } from './local-workspace.ts';
import type { CallName, Reply, Request, WorkerCalls } from './protocol.ts';

/** Hands a reply on; a promise holds back whoever makes more of them. */
export type SendReply = (reply: Reply) => Promise<void> | void;

type Handlers = {
  readonly [Name in CallName]: (
    context: { readonly id: number; readonly signal: AbortSignal },
    ...args: Parameters<WorkerCalls[Name]>
  ) => Promise<ReturnType<WorkerCalls[Name]>>;
};

/** Answers requests as they come; several at a time, each under its number. */
export function serveRequests(isolation: LocalIsolation, send: SendReply): (request: Request) => void {
  const running = new Map<number, AbortController>();
  const handlers = handlersOf(isolation, send);
  return (request) => {
    if ('cancel' in request) {
      running.get(request.cancel)?.abort();
      return;
    }
    const { id, call, args } = request;
    const controller = new AbortController();
    running.set(id, controller);
    const handler = handlers[call] as (context: unknown, ...args: readonly unknown[]) => Promise<unknown>;
    void handler({ id, signal: controller.signal }, ...args)
      .then(
        (result) => send({ id, result: result ?? null }),
        (error: unknown) => send({ id, error: carryError(error) }),
      )
      .finally(() => running.delete(id));
  };
}

function handlersOf(isolation: LocalIsolation, send: SendReply): Handlers {
  const workspaces = new Map<number, LocalWorkspace>();
  let next = 0;
  const workspace = (number: number): LocalWorkspace => {
    const found = workspaces.get(number);
    if (!found) throw problem('INTERNAL', { reason: `There is no workspace ${number}.` });
    return found;
  };
  return {
    missing: async (_, layers) => (await isolation.missing(layers)).map(({ diffId }) => diffId),
    prepare: (_, layer) => isolation.prepare(layer),
    async open(_, opening) {
      const opened = await isolation.workspace(opening);
      workspaces.set(next, opened);
      return next++;
    },
    run: async ({ id, signal }, number, job, inherit) =>
      workspace(number).run(job, inherit ? undefined : (output, chunk) => send({ id, output, chunk }), signal),
    changes: async (_, number) => workspace(number).changes(),
    commit: async (_, number, options) => workspace(number).commit(options),
    put: async (_, number, layer) => workspace(number).put(layer),
    collect: async (_, number, request) => workspace(number).collect(request),
    async dispose(_, number) {
      await workspace(number)[Symbol.asyncDispose]();
      workspaces.delete(number);
    },
    copy: (_, request) => isolation.copy(request),
    sourcesDigest: (_, request) => isolation.sourcesDigest(request),
    prune: (_, keep) => isolation.prune(keep),
    close: async () => isolation[Symbol.asyncDispose](),
  };
}
