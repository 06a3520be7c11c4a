import { Secret, type BuildError, type Credentials, type World } from '../../core/index.ts';
import { runHelper, type HelperCall } from './helper-process.ts';
import { problem } from './problems.ts';

/** A program `docker-credential-NAME` that keeps logins: what docker calls a credential helper or store. */
export interface Helper {
  /** `docker-credential-pass` */
  readonly program: string;
  /** What it knows of a server; `undefined`: nothing. */
  get(server: string): Promise<Credentials | undefined>;
  /** Only logins with a user, and identity tokens. */
  store(server: string, credentials: Credentials): Promise<void>;
  /** Tells whether there was anything. */
  erase(server: string): Promise<boolean>;
}

/** Milliseconds a helper may take if nothing else is said. */
const defaultTimeLimit = 10_000;
/** In place of a user: the secret is an identity token. */
const tokenUser = '<token>';

export function helperNamed(
  name: string,
  { env, signal }: Pick<World, 'env' | 'signal'>,
  timeLimit = defaultTimeLimit,
): Helper {
  const program = `docker-credential-${name}`;
  const ask = async (verb: HelperCall['verb'], server: string, input: string): Promise<string | undefined> => {
    const fail = (reason: string, cause?: unknown): BuildError =>
      problem('HELPER_FAILED', { helper: program, verb, server, reason }, {}, { cause });
    if (!/^[\w.-]+$/.test(name)) throw fail('this is no name of a program');
    const { status, stdout } = await runHelper({ program, verb, input, env, signal, timeLimit }).catch(
      (error: Error) => {
        signal.throwIfAborted();
        throw fail(error.message, error);
      },
    );
    if (status === 0) return stdout;
    if (verb !== 'store' && /credentials not found|no credentials server URL/i.test(stdout)) return undefined;
    throw fail(spoken(stdout) ?? `it exited with status ${status}`);
  };
  return {
    program,
    async get(server) {
      const stdout = await ask('get', server, `${server}\n`);
      const found = stdout === undefined ? undefined : readAnswer(stdout);
      if (found === 'garbled')
        throw problem('HELPER_FAILED', { helper: program, verb: 'get', server, reason: 'its answer is no JSON' });
      return found && { ...found, from: program };
    },
    async store(server, credentials) {
      const basic = credentials.kind === 'basic';
      await ask(
        'store',
        server,
        JSON.stringify({
          ServerURL: server,
          Username: basic ? credentials.username : tokenUser,
          Secret: (basic ? credentials.password : credentials.token).reveal(),
        }),
      );
    },
    erase: async (server) => (await ask('erase', server, `${server}\n`)) !== undefined,
  };
}

/** Helpers print why they failed to standard output. What looks like an answer, or like a token, is not repeated. */
function spoken(stdout: string): string | undefined {
  const line = stdout.trim().split('\n')[0]?.slice(0, 200);
  if (!line || /[{}]|secret|password|token|\S{40}/i.test(line)) return undefined;
  return line.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function readAnswer(stdout: string): Credentials | undefined | 'garbled' {
  let answer: { Username?: unknown; Secret?: unknown } | null;
  try {
    answer = JSON.parse(stdout) as typeof answer;
  } catch {
    return 'garbled';
  }
  const { Username: username, Secret: secret } = answer ?? {};
  // The helper of pass answers an unknown server with empty texts and success.
  if (typeof secret !== 'string' || secret === '') return undefined;
  if (username === tokenUser) return { kind: 'refresh', token: new Secret(secret) };
  if (typeof username !== 'string' || username === '') return undefined;
  return { kind: 'basic', username, password: new Secret(secret) };
}
